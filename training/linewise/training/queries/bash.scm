; Surface
(comment) @comment
[
  (string) (raw_string) (ansi_c_string) (translated_string) (heredoc_start) (heredoc_body) (heredoc_end)
] @string
[(command_substitution) (process_substitution) (expansion) (simple_expansion) (arithmetic_expansion)] @code
["then" "fi" "do" "done" "esac"] @block_word
((command name: (command_name (word) @word)) (#eq? @word ":"))
(function_definition name: (word) @word)

; Definitions
(function_definition) @function_definition @in_function @scope.open

; Variables. What stands before a command's name is set for that command alone.
(variable_assignment name: (variable_name) @binding "=")
(variable_assignment name: (variable_name) @assignment @bound "+=")
(variable_assignment name: (subscript) @assignment)
(command (variable_assignment) @not.binding @not.assignment)
(declaration_command ["local" "declare" "typeset"]
  [(variable_name) @variable_declaration @bound
   (variable_assignment name: (variable_name) @variable_declaration @bound @not.binding)])
((declaration_command ["declare" "typeset"] . (word) @_flag) @not.variable_declaration
  (#match? @_flag "^-[a-zA-Z]*[fFp]"))
(for_statement variable: (variable_name) @bound)
(binary_expression left: (variable_name) @binding operator: "=")
(binary_expression left: (variable_name) @assignment @bound
  operator: ["+=" "-=" "*=" "/=" "%=" "**=" "<<=" ">>=" "&=" "^=" "|="])
(binary_expression left: (subscript) @assignment operator: ["=" "+=" "-=" "*=" "/=" "%=" "<<=" ">>=" "&=" "^=" "|="])
(test_command) @not.binding @not.assignment
(postfix_expression) @assignment
(unary_expression operator: ["++" "--"]) @assignment
(expansion (variable_name) @binding operator: [":=" "="])

; Control flow
[(for_statement) (c_style_for_statement) (while_statement)] @loop @in_loop
[(if_statement) (case_statement)] @conditional @in_conditional
[(elif_clause) (else_clause) (case_item) (ternary_expression)] @conditional

; Calls: builtins that are control flow are none
(command name: (_) @call)
(unset_command) @call
((command name: (command_name (word) @return @not.call)) (#eq? @return "return"))
((command name: (command_name (word) @jump @not.call)) (#any-of? @jump "break" "continue"))
((command name: (command_name (word) @_source)) @import (#any-of? @_source "source" "."))
