; Surface
[(comment) (hash_bang_line)] @comment
(string) @string
["do" "then" "end"] @block_word

; Modules
((function_call name: (identifier) @_require) @import (#eq? @_require "require"))
((assignment_statement (expression_list value: (function_call name: (identifier) @_require))) @import
  (#eq? @_require "require"))
((assignment_statement
  (expression_list value: [
    (function_call name: (function_call name: (identifier) @_require))
    (dot_index_expression table: (function_call name: (identifier) @_require))
  ])) @import
  (#eq? @_require "require"))

; Definitions
(function_declaration name: (_) @bound.outer) @function_definition @in_function @scope.open
(function_definition) @lambda @in_function @scope.open
(parameters name: (identifier) @bound)

; Variables
(block) @scope.open
(variable_declaration (variable_list name: (identifier) @variable_declaration @bound))
(variable_declaration
  (assignment_statement (variable_list name: (identifier) @variable_declaration @bound) @not.binding))
(assignment_statement (variable_list name: (identifier) @binding))
(assignment_statement
  (variable_list name: [(dot_index_expression) (bracket_index_expression) (method_index_expression)] @assignment))

; Control flow
[(for_statement) (while_statement)] @loop @in_loop @scope.open
(repeat_statement "until" @loop) @loop @in_loop @scope.open
(for_generic_clause (variable_list name: (identifier) @bound))
(for_numeric_clause name: (identifier) @bound)
(if_statement) @conditional @in_conditional
[(elseif_statement) (else_statement)] @conditional
(return_statement) @return
[(break_statement) (goto_statement)] @jump

; Calls, each where its callee is named
(function_call name: [
  (identifier) @call
  (dot_index_expression field: (_) @call)
  (method_index_expression method: (_) @call)
])
(function_call name: [(function_call) (parenthesized_expression) (bracket_index_expression) (string)] @call)
