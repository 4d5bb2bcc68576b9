; Surface
[(comment) (multiline_comment)] @comment
[(line_string_literal) (multi_line_string_literal) (raw_string_literal) (regex_literal)] @string
[(interpolated_expression) (raw_str_interpolation)] @code

; Modules
(import_declaration) @import
[(directive) (diagnostic)] @preprocessor

; Definitions
[(function_declaration "func" @function_definition) (protocol_function_declaration "func" @function_definition)]
(init_declaration name: "init" @function_definition)
(deinit_declaration "deinit" @function_definition)
[
  (function_declaration body: (_)) (protocol_function_declaration body: (_)) (init_declaration body: (_))
  (deinit_declaration body: (_))
] @in_function
(subscript_declaration "subscript" @function_definition)
(subscript_declaration (computed_property [(statements) (computed_getter "{") (computed_setter "{")])) @in_function
(computed_getter (getter_specifier) @function_definition "{") @in_function
(computed_setter (setter_specifier) @function_definition "{") @in_function
(computed_modify (modify_specifier) @function_definition "{") @in_function
(willset_clause "willSet" @function_definition) @in_function
(didset_clause "didSet" @function_definition) @in_function
(lambda_literal) @lambda @in_function
(class_declaration declaration_kind: _ @type_definition) @in_type
(protocol_declaration declaration_kind: _ @type_definition) @in_type
(typealias_declaration "typealias" @type_definition)
(associatedtype_declaration "associatedtype" @type_definition)
(attribute) @annotation @not.call
(parameter_modifier ["@escaping" "@autoclosure"] @annotation)

; Variables: patterns that bind in a branch, a handler or a loop are none
(value_binding_pattern) @variable_declaration
(property_declaration name: (pattern) @variable_declaration)
(switch_pattern) @not.variable_declaration
(catch_block error: (pattern) @not.variable_declaration)
(for_statement item: (pattern) @not.variable_declaration)
(assignment) @assignment

; Control flow
(for_statement "for" @loop) @in_loop
(while_statement "while" @loop) @in_loop
(repeat_while_statement "repeat" @loop) @in_loop
(repeat_while_statement "while" @loop)
(if_statement "if" @conditional) @in_conditional
(guard_statement "guard" @conditional) @in_conditional
(switch_statement "switch" @conditional) @in_conditional
[(else) (switch_entry) (ternary_expression)] @conditional
(switch_entry (where_keyword) @conditional)
(catch_block (where_clause) @conditional)
(control_transfer_statement ["return" "yield"] @return)
(control_transfer_statement ["break" "continue"] @jump)
(statements (simple_identifier) @jump (#eq? @jump "fallthrough"))
(do_statement "do" @block_word)
(do_statement "do" @exception (catch_block)) @in_exception
(catch_block (catch_keyword) @exception)
[(throw_keyword) (try_operator)] @exception

; Calls, each where its callee is named; what stands in brackets is an index
(call_expression (simple_identifier) @call (call_suffix [(value_arguments . "(") (lambda_literal)]))
(call_expression
  (navigation_expression suffix: (navigation_suffix suffix: (_) @call))
  (call_suffix [(value_arguments . "(") (lambda_literal)]))
(call_expression
  [
    (prefix_expression) (postfix_expression) (call_expression) (lambda_literal) (array_literal) (tuple_expression)
    (dictionary_literal) (self_expression) (super_expression) (optional_type) (constructor_expression)
  ] @call
  (call_suffix (value_arguments . "(")))
(call_expression
  [(prefix_expression) (postfix_expression) (array_literal) (dictionary_literal) (self_expression)] @call
  (call_suffix . (lambda_literal)))
[(constructor_expression) (macro_invocation)] @call
(selector_expression) @not.call

; `defer` is a function with a block to the grammar.
(call_expression
  (simple_identifier) @_defer @not.call
  (call_suffix . (lambda_literal . "{" @not.lambda @not.in_function) .)
  (#eq? @_defer "defer"))
