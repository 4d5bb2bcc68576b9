; Perl, for testing only: no training data holds it.

; Surface; POD is documentation by the profile's pattern
[(comment) (pod)] @comment
[
  (string_literal) (interpolated_string_literal) (quoted_word_list) (command_string) (match_regexp)
  (quoted_regexp) (substitution_regexp) (transliteration_expression) (heredoc_token) (heredoc_content)
] @string
(data_section) @text

; Imports and packages
[(use_statement) (require_expression)] @import
(package_statement) @module_declaration

; Functions
(subroutine_declaration_statement) @function_definition
(subroutine_declaration_statement body: (_)) @in_function
(anonymous_subroutine_expression) @lambda @in_function

; Variables: `my`, `our`, `local` declare, a plain left side is assigned to
[(variable_declaration) (localization_expression)] @variable_declaration
(assignment_expression) @assignment
(assignment_expression left: [(variable_declaration) (localization_expression)] @not.assignment)
[(preinc_expression) (postinc_expression)] @assignment

; Control flow
[(for_statement) (cstyle_for_statement) (loop_statement)] @loop @in_loop
(postfix_for_expression ["for" "foreach"] @loop) @in_loop
(postfix_loop_expression (do_expression)? @loop ["while" "until"] @loop) @in_loop
(conditional_statement) @conditional @in_conditional
[(elsif) (else) (conditional_expression)] @conditional
(postfix_conditional_expression ["if" "unless"] @conditional) @in_conditional
(return_expression) @return
[(loopex_expression) (goto_expression)] @jump
(try_statement ["try" "catch" "finally"] @exception) @in_exception
(ambiguous_function_call_expression function: (function) @exception @not.call (#eq? @exception "die"))
(function_call_expression function: (function) @exception @not.call (#eq? @exception "die"))

; Calls, each where its callee is named
(function_call_expression function: (_) @call)
(ambiguous_function_call_expression function: (_) @call)
(method_call_expression method: (_) @call)
[(func1op_call_expression) (coderef_call_expression)] @call
((func0op_call_expression) @call (#not-match? @call "^__"))
[(map_grep_expression) (sort_expression)] @call
