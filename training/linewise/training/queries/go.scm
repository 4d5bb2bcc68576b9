; Surface
(comment) @comment
[(interpreted_string_literal) (raw_string_literal) (rune_literal)] @string

; Modules
(package_clause) @module_declaration
(import_declaration) @import

; Definitions
(function_declaration) @function_definition
(function_declaration body: (_)) @in_function
(method_declaration) @function_definition
(method_declaration body: (_)) @in_function
(method_elem) @function_definition
(func_literal) @lambda @in_function
(type_declaration) @type_definition
[(type_spec) (type_alias)] @type_definition
(type_spec type: [(struct_type) (interface_type)]) @in_type
; An anonymous type that says something; `struct{}` and `interface{}` are mere uses.
(struct_type (field_declaration_list (field_declaration))) @type_definition @in_type
(interface_type (method_elem)) @type_definition @in_type

; Variables: in a group its opener and each entry
[(var_declaration) (const_declaration)] @variable_declaration
[(var_spec) (const_spec) (field_declaration) (short_var_declaration)] @variable_declaration
(receive_statement left: (_) @variable_declaration ":=")
(receive_statement left: (_) @assignment "=")
(type_switch_statement alias: (_) @variable_declaration)
[(assignment_statement) (inc_statement) (dec_statement)] @assignment

; Control flow
(for_statement) @loop @in_loop
[(if_statement) (expression_switch_statement) (type_switch_statement) (select_statement)] @conditional @in_conditional
(if_statement "else" @conditional)
[(expression_case) (type_case) (communication_case) (default_case)] @conditional
(return_statement) @return
[(break_statement) (continue_statement) (goto_statement) (fallthrough_statement)] @jump

; Calls, each where its callee is named
(call_expression function: (selector_expression field: (_) @call))
(call_expression
  function: [
    (identifier) (call_expression) (index_expression) (parenthesized_expression) (func_literal)
    (type_assertion_expression)
  ] @call)
(type_conversion_expression) @call
