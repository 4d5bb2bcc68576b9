; Surface
(comment) @comment
(text) @text
[(string) (encapsed_string) (heredoc) (nowdoc) (shell_command_expression)] @string
(encapsed_string [
  (variable_name) (member_access_expression) (nullsafe_member_access_expression) (member_call_expression)
  (nullsafe_member_call_expression) (scoped_call_expression) (scoped_property_access_expression)
  (subscript_expression) (function_call_expression) (dynamic_variable_name) "{" "}"
] @code)
(heredoc_body [
  (variable_name) (member_access_expression) (nullsafe_member_access_expression) (member_call_expression)
  (nullsafe_member_call_expression) (scoped_call_expression) (scoped_property_access_expression)
  (subscript_expression) (function_call_expression) (dynamic_variable_name) "{" "}"
] @code)
"do" @block_word

; Modules. The `use` of a trait is another node.
(namespace_definition) @module_declaration
[
  (namespace_use_declaration) (include_expression) (include_once_expression) (require_expression)
  (require_once_expression)
] @import

; Definitions
(function_definition "function" @function_definition) @in_function @scope
(method_declaration "function" @function_definition) @scope
(method_declaration body: (_)) @in_function
(property_hook body: (_)) @function_definition @in_function @scope
(anonymous_function) @lambda @in_function @scope
(arrow_function) @lambda @in_function @scope.open
(class_declaration "class" @type_definition) @in_type
(interface_declaration "interface" @type_definition) @in_type
(trait_declaration "trait" @type_definition) @in_type
(enum_declaration "enum" @type_definition) @in_type
(anonymous_class "class" @type_definition) @in_type
(attribute_list) @annotation @not.call

; Parameters
(simple_parameter name: (variable_name) @bound)
(variadic_parameter name: (variable_name) @bound)
(property_promotion_parameter name: (variable_name) @bound) @variable_declaration
(anonymous_function_use_clause [(variable_name) @bound (by_ref (variable_name) @bound)])
(catch_clause name: (variable_name) @bound)
(foreach_statement "as" [
  (variable_name) @bound
  (by_ref (variable_name) @bound)
  (list_literal) @bound.within @not.assignment
  (pair [(variable_name) @bound (by_ref (variable_name) @bound) (list_literal) @bound.within @not.assignment])
])

; Variables
[(const_element) (property_element)] @variable_declaration
(static_variable_declaration name: (variable_name) @variable_declaration @bound)
(global_declaration (variable_name) @outward)
(assignment_expression left: (variable_name) @binding)
(reference_assignment_expression left: (variable_name) @binding)
(list_literal [
  (variable_name) @binding
  (by_ref (variable_name) @binding)
  [(member_access_expression) (scoped_property_access_expression) (subscript_expression)] @assignment
])
(assignment_expression left: [
  (member_access_expression) (nullsafe_member_access_expression) (scoped_property_access_expression)
  (subscript_expression) (dynamic_variable_name)
] @assignment)
(reference_assignment_expression left: [
  (member_access_expression) (scoped_property_access_expression) (subscript_expression)
  (dynamic_variable_name)
] @assignment)
[(augmented_assignment_expression) (update_expression)] @assignment
(augmented_assignment_expression left: (variable_name) @bound)

; Control flow
[(for_statement) (foreach_statement) (while_statement)] @loop @in_loop
(do_statement "while" @loop) @loop @in_loop
[(if_statement) (switch_statement) (match_expression)] @conditional @in_conditional
[
  (else_if_clause) (else_clause) (case_statement) (default_statement) (match_conditional_expression)
  (match_default_expression) (conditional_expression)
] @conditional
[(return_statement) (yield_expression)] @return
[(break_statement) (continue_statement) (goto_statement)] @jump
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause) (throw_expression)] @exception

; Calls, each where its callee is named
(function_call_expression function: (_) @call)
(member_call_expression name: (_) @call)
(nullsafe_member_call_expression name: (_) @call)
(scoped_call_expression name: (_) @call)
(object_creation_expression) @call
(unset_statement) @call
(exit_statement "(") @call
(function_call_expression function: (_) @not.call arguments: (arguments (variadic_placeholder)))
(member_call_expression name: (_) @not.call arguments: (arguments (variadic_placeholder)))
(scoped_call_expression name: (_) @not.call arguments: (arguments (variadic_placeholder)))
