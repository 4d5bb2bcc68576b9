; solidity: trained on, without a name of its own in the model

; Surface
(comment) @comment
[(string) (unicode_string_literal) (hex_string_literal) (yul_string_literal) (yul_hex_string_literal)] @string

; Imports; `using A for B` is none
(import_directive) @import

; Functions; a modifier is one too, one without a body is virtual
[
  (function_definition)
  (modifier_definition)
  (constructor_definition)
  (fallback_receive_definition)
  (yul_function_definition)
] @function_definition
(function_definition body: (_)) @in_function
(modifier_definition body: (_)) @in_function
(constructor_definition body: (_)) @in_function
(fallback_receive_definition body: (_)) @in_function
(yul_function_definition) @in_function

; Types
[
  (contract_declaration)
  (interface_declaration)
  (library_declaration)
  (struct_declaration)
  (enum_declaration)
] @type_definition @in_type
(user_defined_type_definition) @type_definition

; Variables and fields. The grammar takes `let a, b := f()` for a declaration and an assignment
[
  (constant_variable_declaration)
  (state_variable_declaration)
  (struct_member)
  (variable_declaration)
  (yul_variable_declaration)
] @variable_declaration
[
  (assignment_expression)
  (augmented_assignment_expression)
  (update_expression)
  (yul_assignment)
] @assignment
((yul_variable_declaration left: ",") . (yul_assignment) @not.assignment)
((yul_variable_declaration left: ",") . (yul_assignment "," .) . (yul_assignment) @not.assignment)
(variable_declaration_tuple . "var") @variable_declaration

; Control flow
[(for_statement) (while_statement) (do_while_statement) (yul_for_statement)] @loop @in_loop
(do_while_statement "do" @block_word)
(do_while_statement "while" @loop)
[(if_statement) (yul_if_statement) (yul_switch_statement)] @conditional @in_conditional
(if_statement "else" @conditional)
(yul_switch_statement ["case" "default"] @conditional)
(ternary_expression) @conditional
[(return_statement) (yul_leave)] @return
[(break_statement) (continue_statement) (yul_break) (yul_continue)] @jump
(try_statement) @exception @in_exception
(catch_clause) @exception
(revert_statement) @exception

; Calls, each where its callee is named; a conversion is one
(call_expression function: (expression [
  (identifier)
  (new_expression)
  (call_expression)
  (array_access)
  (parenthesized_expression)
  (type_cast_expression)
] @call))
(call_expression function: (expression (member_expression property: (_) @call)))
(call_expression function: (expression (struct_expression type: (expression [(identifier) (new_expression)] @call))))
(call_expression function: (expression (struct_expression type: (expression (member_expression property: (_) @call)))))
[(type_cast_expression) (payable_conversion_expression)] @call
(emit_statement name: (expression (identifier) @call))
(emit_statement name: (expression (member_expression property: (_) @call)))
(revert_statement error: (expression (identifier) @call) (revert_arguments))
(revert_statement error: (expression (member_expression property: (_) @call)) (revert_arguments))
(yul_function_call function: (_) @call)

; Constructors of contracts inherited from, and modifiers with arguments
(inheritance_specifier ancestor: (_) @call ancestor_arguments: "(")
(modifier_invocation (_) @call . "(")
