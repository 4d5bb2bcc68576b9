; Surface
[(comment) (block_comment) (using_directive) (xml_comment)] @comment
[(string) (interpolated_string) (character_literal) (xml_string)] @string
(interpolation) @code

; Modules
[(import_declaration) (export_declaration)] @import
[(package_clause "package" @module_declaration) (package_object "package" @module_declaration)]

; Definitions
(function_definition "def" @function_definition) @in_function
(function_declaration "def" @function_definition)
[(lambda_expression) (colon_argument lambda_start: (_))] @lambda @in_function
(block (lambda_expression)) @in_function
[
  (class_definition "class" @type_definition) (trait_definition "trait" @type_definition)
  (object_definition "object" @type_definition) (package_object "object" @type_definition)
  (enum_definition "enum" @type_definition) (type_definition "type" @type_definition)
]
[
  (class_definition body: (_)) (trait_definition body: (_)) (object_definition body: (_)) (enum_definition)
  (package_object body: (_))
] @in_type
(extension_definition "extension" @type_definition) @in_type
(given_definition "given" @type_definition body: (with_template_body)) @in_type
(instance_expression "new" @type_definition (template_body)) @in_type
(annotation) @annotation @not.call

; Functions of cases: all blocks of cases but those of a match and of a handler
(case_block) @lambda @in_function
(match_expression body: (case_block . "{" @not.lambda @not.in_function))
(catch_clause (case_block . "{" @not.lambda @not.in_function))

; Variables
[(val_definition "val" @variable_declaration) (val_declaration "val" @variable_declaration)]
[(var_definition "var" @variable_declaration) (var_declaration "var" @variable_declaration)]
(class_parameter ["val" "var"] @variable_declaration)
(assignment_expression) @assignment
(arguments (assignment_expression left: (_) @not.assignment))
(infix_expression operator: (operator_identifier) @_operator (#match? @_operator "^([^=!<>].*|<<|>>>?)=$")) @assignment

; Control flow
(for_expression "for" @loop) @in_loop
(for_expression "for" @not.loop @not.in_loop "yield")
(while_expression "while" @loop) @in_loop
(do_while_expression "do" @loop @block_word) @in_loop
(do_while_expression "while" @loop)
(if_expression "if" @conditional) @in_conditional
(if_expression "else" @conditional)
(match_expression "match" @conditional) @in_conditional
(case_clause) @conditional
(case_clause (guard) @conditional)
(return_expression) @return
(try_expression) @exception @in_exception
[(catch_clause) (finally_clause) (throw_expression)] @exception
[(if_expression "then" @block_word) (while_expression "do" @block_word) (for_expression "do" @block_word)]

; Calls, each where its callee is named; the second of two argument lists is of the same call
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (generic_function function: [(identifier) (operator_identifier)] @call))
(call_expression function: (generic_function function: (field_expression field: (_) @call)))
(call_expression
  function: [
    (parenthesized_expression) (block) (instance_expression) (operator_identifier) (interpolated_string_expression)
  ] @call)
(instance_expression "new" @call)
(extends_clause type: (_) @call . arguments: (arguments))
; What is stored into by its place is not called.
(assignment_expression left: (call_expression function: (_) @not.call))
