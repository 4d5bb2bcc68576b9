; Surface
[(line_comment) (block_comment)] @comment
[(string_literal) (character_literal)] @string
(string_interpolation) @code

; Modules
[(import_declaration) (requires_module_directive)] @import
[(package_declaration) (module_declaration)] @module_declaration

; Functions begin where they are named, their regions where their modifiers begin
(method_declaration name: (_) @function_definition)
(method_declaration body: (_)) @in_function
(constructor_declaration name: (_) @function_definition) @in_function
(compact_constructor_declaration name: (_) @function_definition) @in_function
(annotation_type_element_declaration name: (_) @function_definition)
(lambda_expression) @lambda @in_function

; Types
(class_declaration "class" @type_definition) @in_type
(interface_declaration "interface" @type_definition) @in_type
(enum_declaration "enum" @type_definition) @in_type
(record_declaration "record" @type_definition) @in_type
(annotation_type_declaration "@interface" @type_definition) @in_type
(object_creation_expression "new" @type_definition (class_body)) @in_type
[(annotation) (marker_annotation)] @annotation

; Variables
(field_declaration declarator: (_) @variable_declaration)
(constant_declaration declarator: (_) @variable_declaration)
(local_variable_declaration declarator: (_) @variable_declaration)
(resource name: (_) @variable_declaration)
[(assignment_expression) (update_expression)] @assignment

; Control flow
[(for_statement) (enhanced_for_statement) (while_statement) (do_statement)] @loop @in_loop
(do_statement "do" @block_word)
(do_statement "while" @loop)
[(if_statement) (switch_expression)] @conditional @in_conditional
(if_statement "else" @conditional)
[(switch_label) (guard) (ternary_expression)] @conditional
[(return_statement) (yield_statement)] @return
[(break_statement) (continue_statement)] @jump
[(try_statement) (try_with_resources_statement)] @exception @in_exception
[(catch_clause) (finally_clause) (throw_statement)] @exception

; Calls, each where its callee is named
(method_invocation name: (_) @call)
(object_creation_expression "new" @call)
(explicit_constructor_invocation constructor: (_) @call)
