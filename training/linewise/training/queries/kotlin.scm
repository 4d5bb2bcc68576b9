; Surface
[(line_comment) (block_comment)] @comment
[(string_literal) (multiline_string_literal) (character_literal)] @string
(interpolation) @code

; Modules
(import) @import
(package_header "package" @module_declaration)

; Definitions
(function_declaration "fun" @function_definition)
(function_declaration (function_body)) @in_function
(secondary_constructor "constructor" @function_definition)
(secondary_constructor (block)) @in_function
(getter "get" @function_definition (function_body)) @in_function
(setter "set" @function_definition (function_body)) @in_function
[(lambda_literal) (anonymous_function)] @lambda @in_function
(class_declaration ["class" "interface"] @type_definition)
(class_declaration [(class_body) (enum_class_body)]) @in_type
(object_declaration "object" @type_definition)
(object_declaration (class_body)) @in_type
(companion_object "companion" @type_definition)
(companion_object (class_body)) @in_type
(object_literal "object" @type_definition)
(object_literal (class_body)) @in_type
(type_alias "typealias" @type_definition)
[(annotation) (file_annotation)] @annotation @not.call

; Variables
(property_declaration ["val" "var"] @variable_declaration)
(class_parameter ["val" "var"] @variable_declaration)
(when_subject "val" @variable_declaration)
(assignment) @assignment
(unary_expression operator: ["++" "--"]) @assignment

; Control flow
(for_statement "for" @loop) @in_loop
(while_statement "while" @loop) @in_loop
(do_while_statement "do" @loop @block_word) @in_loop
(do_while_statement "while" @loop)
(if_expression) @conditional @in_conditional
(if_expression "else" @conditional)
(when_expression) @conditional @in_conditional
(when_entry) @conditional
(return_expression) @return
(try_expression) @exception @in_exception
[(catch_block) (finally_block) (throw_expression)] @exception

; `break` and `continue` are names to the grammar, or labels.
(labeled_expression (label) @jump (#any-of? @jump "break@" "continue@"))
(block (identifier) @jump (#any-of? @jump "break" "continue"))
(lambda_literal (identifier) @jump (#any-of? @jump "break" "continue"))
(if_expression (identifier) @jump (#any-of? @jump "break" "continue"))
(when_entry (identifier) @jump (#any-of? @jump "break" "continue"))
(for_statement (identifier) @jump (#any-of? @jump "break" "continue"))
(while_statement (identifier) @jump (#any-of? @jump "break" "continue"))
(binary_expression operator: "?:" right: (identifier) @jump (#any-of? @jump "break" "continue"))

; Calls, each where its callee is named. A lambda after the parentheses belongs to the same call.
(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
(call_expression . (unary_expression argument: (identifier) @call))
(call_expression . (unary_expression argument: (navigation_expression (identifier) @call .)))
(call_expression . (call_expression) (value_arguments) @call)
(call_expression
  . [(parenthesized_expression) (index_expression) (this_expression) (super_expression) (lambda_literal)] @call)
(delegation_specifier (constructor_invocation) @call)
(constructor_delegation_call) @call
