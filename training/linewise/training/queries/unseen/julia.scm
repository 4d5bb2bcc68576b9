; Julia, for testing only: no training data holds it.

; Surface. A string that stands before a statement documents it.
[(line_comment) (block_comment)] @comment
[
  (string_literal) (prefixed_string_literal) (command_literal) (prefixed_command_literal) (character_literal)
] @string
(source_file [(string_literal) (prefixed_string_literal)] @docstring . (_))
(module_definition (block [(string_literal) (prefixed_string_literal)] @docstring . (_)))
(struct_definition (block (string_literal) @docstring . (_)))
(string_interpolation) @code
["begin" "do" "end"] @block_word

; Modules
[(using_statement) (import_statement)] @import
((call_expression . (identifier) @_include) @import (#eq? @_include "include"))
(module_definition) @module_declaration @scope

; Functions, with the keyword or without
(function_definition (signature (call_expression))) @function_definition @in_function @scope
(function_definition (signature (typed_expression))) @function_definition @in_function @scope
(function_definition (signature (where_expression))) @function_definition @in_function @scope
(function_definition (signature (identifier))) @function_definition
(function_definition (signature (argument_list))) @lambda @in_function @scope.open
(macro_definition) @function_definition @in_function @scope
(assignment . (call_expression)) @function_definition @in_function @scope
(assignment . (typed_expression . (call_expression))) @function_definition @in_function @scope
(assignment . (where_expression . [(call_expression) (typed_expression)])) @function_definition @in_function @scope
(arrow_function_expression) @lambda @in_function @scope.open
(do_clause "do" @lambda) @in_function @scope.open

; Types and their fields
(struct_definition) @type_definition @in_type @scope
[(abstract_definition) (primitive_definition)] @type_definition
(struct_definition (block [(identifier) (typed_expression)] @variable_declaration))
(struct_definition (block (assignment . [(identifier) (typed_expression)] @variable_declaration @not.binding)))
(struct_definition (block (const_statement) @variable_declaration))

; Parameters and loop variables
(signature (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
]))
(signature (call_expression (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
])))
(signature (typed_expression (call_expression (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
]))))
(signature (where_expression (call_expression (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
]))))
(assignment . (call_expression (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
])))
(assignment . (where_expression (call_expression (argument_list [
  (identifier) @bound (typed_expression . (identifier) @bound) (splat_expression (identifier) @bound)
  (assignment . (identifier) @bound) (assignment . (typed_expression . (identifier) @bound))
]))))
(arrow_function_expression . (identifier) @bound)
(do_clause (identifier) @bound)
(for_binding . (identifier) @bound)
(for_binding . (tuple_expression (identifier) @bound))
(catch_clause . (identifier) @bound)

; Names
(assignment . (identifier) @binding)
(assignment . (typed_expression . (identifier) @binding))
(assignment . (open_tuple (identifier) @binding))
(assignment . (tuple_expression (identifier) @binding))
(argument_list (assignment . (_) @not.binding))
(tuple_expression (assignment . (_) @not.binding))
(const_statement (assignment . (_) @variable_declaration @not.binding))
(const_statement (assignment . (identifier) @bound))
(local_statement) @variable_declaration
(local_statement (identifier) @bound)
(local_statement (assignment . (identifier) @bound @not.binding))
(let_statement (assignment . (identifier) @variable_declaration @bound @not.binding))
(global_statement (identifier) @outward)
(global_statement (assignment . (identifier) @outward))
(assignment . [(index_expression) (field_expression) (parametrized_type_expression)] @assignment)
(assignment . (open_tuple [(index_expression) (field_expression)] @assignment))
(compound_assignment_expression) @assignment

; Control flow
[(for_statement) (while_statement)] @loop @in_loop
(if_statement) @conditional @in_conditional
[(elseif_clause) (else_clause) (ternary_expression)] @conditional
(return_statement) @return
[(break_statement) (continue_statement)] @jump
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause)] @exception

; Calls, each where its callee is named; what a definition is called like is none
(call_expression . [(identifier) (operator) (parenthesized_expression) (parametrized_type_expression) (call_expression)] @call)
(call_expression . (field_expression (identifier) @call .))
(broadcast_call_expression . [(identifier) (parametrized_type_expression)] @call)
(broadcast_call_expression . (field_expression (identifier) @call .))
(macrocall_expression) @call
((call_expression . (identifier) @exception @not.call) (#any-of? @exception "throw" "rethrow"))
(signature (call_expression . (_) @not.call))
(signature (typed_expression . (call_expression . (_) @not.call)))
(signature (where_expression . (call_expression . (_) @not.call)))
(signature (where_expression . (typed_expression . (call_expression . (_) @not.call))))
(assignment . (call_expression . (_) @not.call))
(assignment . (typed_expression . (call_expression . (_) @not.call)))
(assignment . (where_expression . (call_expression . (_) @not.call)))
