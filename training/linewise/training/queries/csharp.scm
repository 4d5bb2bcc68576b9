; Surface
(comment) @comment
[
  (string_literal) (verbatim_string_literal) (raw_string_literal) (interpolated_string_expression)
  (character_literal)
] @string
(interpolation) @code

; The preprocessor: of a conditional block, only the directives
[
  (preproc_region) (preproc_endregion) (preproc_line) (preproc_pragma) (preproc_nullable) (preproc_error)
  (preproc_warning) (preproc_define) (preproc_undef)
] @preprocessor
["#if" "#elif" "#else" "#endif"] @preprocessor

; Modules
[(using_directive) (extern_alias_directive)] @import
[(namespace_declaration) (file_scoped_namespace_declaration)] @module_declaration
[(attribute_list) (global_attribute)] @annotation

; Functions begin where they are named, their regions where their modifiers begin
(method_declaration name: (_) @function_definition)
(method_declaration body: (_)) @in_function
(local_function_statement name: (_) @function_definition)
(local_function_statement body: (_)) @in_function
(constructor_declaration name: (_) @function_definition)
(constructor_declaration body: (_)) @in_function
(destructor_declaration name: (_) @function_definition)
(destructor_declaration body: (_)) @in_function
(operator_declaration "operator" @function_definition)
(operator_declaration body: (_)) @in_function
(conversion_operator_declaration "operator" @function_definition)
(conversion_operator_declaration body: (_)) @in_function
(accessor_declaration name: _ @function_definition body: (_)) @in_function
[(lambda_expression) (anonymous_method_expression)] @lambda @in_function

; Types
(class_declaration "class" @type_definition)
(struct_declaration "struct" @type_definition)
(interface_declaration "interface" @type_definition)
(enum_declaration "enum" @type_definition)
(record_declaration "record" @type_definition)
(delegate_declaration "delegate" @type_definition)
(class_declaration body: (_)) @in_type
(struct_declaration body: (_)) @in_type
(interface_declaration body: (_)) @in_type
(enum_declaration body: (_)) @in_type
(record_declaration body: (_)) @in_type

; Variables
(variable_declarator) @variable_declaration
(property_declaration name: (_) @variable_declaration)
(event_declaration name: (_) @variable_declaration)
(indexer_declaration "this" @variable_declaration)
(declaration_expression) @variable_declaration
(let_clause) @variable_declaration
(is_pattern_expression pattern: (var_pattern) @variable_declaration)
[(assignment_expression) (with_initializer)] @assignment
(prefix_unary_expression ["++" "--"]) @assignment
(postfix_unary_expression ["++" "--"]) @assignment

; Control flow
[(for_statement) (foreach_statement) (while_statement) (do_statement)] @loop @in_loop
(do_statement "do" @block_word)
(do_statement "while" @loop)
[(if_statement) (switch_statement)] @conditional @in_conditional
(if_statement "else" @conditional)
(switch_section ["case" "default"] @conditional)
(switch_expression "switch" @conditional) @in_conditional
[(switch_expression_arm) (when_clause) (catch_filter_clause) (conditional_expression)] @conditional
[(return_statement) (yield_statement)] @return
[(break_statement) (continue_statement) (goto_statement)] @jump
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause) (throw_statement) (throw_expression)] @exception

; Calls, each where its callee is named
(invocation_expression function: (identifier) @call)
(invocation_expression function: (generic_name) @call)
(invocation_expression function: (member_access_expression name: (_) @call))
(invocation_expression function: (member_binding_expression name: (_) @call))
(invocation_expression function: (conditional_access_expression (member_binding_expression name: (_) @call)))
(invocation_expression
  function: [
    (invocation_expression) (element_access_expression) (parenthesized_expression) (alias_qualified_name)
    (postfix_unary_expression)
  ] @call)
[(object_creation_expression) (implicit_object_creation_expression)] @call
(constructor_initializer ["base" "this"] @call)
(primary_constructor_base_type) @call
