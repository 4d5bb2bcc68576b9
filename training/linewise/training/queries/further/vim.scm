; Vim script: trained on, without a name of its own in the model

; Surface. Patterns of `:syntax`, `:substitute`, `:catch` are regular expressions; that of `:autocmd` is none.
[(comment) (line_continuation_comment)] @comment
[(string_literal) (heredoc)] @string
(script) @string
(syntax_statement (pattern) @string)
(syntax_argument val: (pattern) @string)
(substitute_statement (pattern) @string)
(catch_statement (pattern) @string)
["endfunction" "endif" "endfor" "endwhile" "endtry"] @block_word

; Imports
[(source_statement) (runtime_statement)] @import

; Functions. What they bind with a scope's prefix other than `l:` belongs to the file.
(function_definition) @function_definition @in_function @scope
(lambda_expression) @lambda @in_function @scope.open
(lambda_expression . "{" (identifier) @bound "->")

; Variables
(let_statement . "let" . (identifier) @binding)
(let_statement . "let" . (scoped_identifier) @binding)
(let_statement . "let" . (list_assignment [(identifier) (scoped_identifier)] @binding))
((let_statement . "let" . (scoped_identifier (scope) @_scope) @outward) (#not-eq? @_scope "l:"))
((let_statement . "let" . (list_assignment (scoped_identifier (scope) @_scope) @outward)) (#not-eq? @_scope "l:"))
((let_statement . "let" . (identifier) @outward) (#match? @outward "#"))
((let_statement . "let" . (scoped_identifier (scope) @_scope) @assignment @not.binding) (#eq? @_scope "v:"))
(let_statement . "let" . (identifier (curly_braces_name)) @assignment @not.binding)
(let_statement . "let" . (scoped_identifier (identifier (curly_braces_name))) @assignment @not.binding)
(let_statement . "let" . [
  (option) (env_variable) (register) (field_expression) (index_expression) (slice_expression) (argument)
] @assignment)
(let_statement . "let" . (list_assignment [
  (option) (env_variable) (field_expression) (index_expression) (argument)
] @assignment))
(let_statement . "let" . (_) @assignment @not.binding . ["+=" "-=" "*=" "/=" "%=" ".=" "..="])
(let_statement . "let" . [(identifier) (scoped_identifier)] @bound . ["+=" "-=" "*=" "/=" "%=" ".=" "..="])
(const_statement . "const" . (_) @variable_declaration)
(const_statement . "const" . [(identifier) (scoped_identifier)] @bound)
(for_loop variable: [(identifier) (scoped_identifier)] @bound)
(for_loop variable: (list_assignment [(identifier) (scoped_identifier)] @bound))

; Control flow
[(for_loop) (while_loop)] @loop @in_loop
(if_statement) @conditional @in_conditional
[(elseif_statement) (else_statement) (ternary_expression)] @conditional
(return_statement) @return
[(break_statement) (continue_statement)] @jump
(try_statement) @exception @in_exception
[(catch_statement) (finally_statement) (throw_statement)] @exception

; Calls, each where its callee is named; also behind a modifier that the grammar does not know
(call_expression function: [(identifier) (scoped_identifier) (argument) (index_expression) (lambda_expression) (call_expression)] @call)
(call_expression function: (field_expression field: (_) @call))
((unknown_builtin_statement (unknown_command_name) @_modifier (arguments . (command_argument) @call))
  (#match? @_modifier "^(keep|noa|lockm|san|verb|hid|conf|vert|top|bo|abo|bel|uns)") (#eq? @call "call"))
