; Groovy: trained on, without a name of its own in the model

; Surface
[(line_comment) (block_comment) (shebang)] @comment
[(string_literal) (character_literal)] @string
((identifier) @string (#match? @string "^Q__"))

; Modules
(import_declaration) @import
(package_declaration) @module_declaration

; Functions begin where they are named, their regions where their modifiers begin
(method_declaration name: (_) @function_definition)
(method_declaration body: (_)) @in_function
(function_definition name: (_) @function_definition)
(function_definition body: (_)) @in_function
(function_definition body: (closure . "{" @not.lambda))
(constructor_declaration name: (_) @function_definition) @in_function
(annotation_type_element_declaration name: (_) @function_definition)

; Closures; the grammar takes the body of an `if` or a loop for one, but a statement is none
[(closure) (lambda_expression)] @lambda @in_function
(if_statement (closure . "{" @not.lambda @not.in_function))
(expression_statement . (closure . "{" @not.lambda @not.in_function))

; Types
(class_declaration "class" @type_definition) @in_type
(interface_declaration "interface" @type_definition) @in_type
(enum_declaration "enum" @type_definition) @in_type
(annotation_type_declaration "@interface" @type_definition) @in_type
(object_creation_expression "new" @type_definition (class_body)) @in_type
[(annotation) (marker_annotation)] @annotation @not.call

; Variables
(field_declaration declarator: (_) @variable_declaration)
(constant_declaration declarator: (_) @variable_declaration)
(local_variable_declaration type: (_) declarator: (_) @variable_declaration)
(local_variable_declaration "def" declarator: (_) @variable_declaration)
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
(juxt_function_call name: (_) @call)
(object_creation_expression "new" @call)
(explicit_constructor_invocation constructor: (_) @call)
