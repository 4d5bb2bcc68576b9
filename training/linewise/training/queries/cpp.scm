; What C++ has and C has not; see c_family.scm for the rest.

(raw_string_literal) @string

; Modules and namespaces
(using_declaration) @import
[(namespace_definition) (namespace_alias_definition)] @module_declaration

; Functions
(function_declarator
  declarator: [(qualified_identifier) (operator_name) (destructor_name) (template_function)] @function_definition)
(operator_cast) @function_definition
(template_declaration (function_definition body: (_))) @in_function
(template_declaration (template_declaration (function_definition body: (_)))) @in_function
(optional_parameter_declaration) @not.function_definition
(lambda_expression) @lambda @in_function

; Types
(class_specifier body: (_)) @type_definition @in_type
(template_declaration [(class_specifier body: (_)) (struct_specifier body: (_)) (union_specifier body: (_))]) @in_type
(template_declaration
  (template_declaration [(class_specifier body: (_)) (struct_specifier body: (_)) (union_specifier body: (_))])) @in_type
(type_definition type: (class_specifier body: (_))) @in_type
(alias_declaration) @type_definition

; Variables
(function_declarator
  declarator: [(qualified_identifier) (operator_name) (destructor_name) (template_function)]) @not.variable_declaration
(pointer_declarator
  declarator: (function_declarator
    declarator: [(qualified_identifier) (operator_name) (template_function)])) @not.variable_declaration
(reference_declarator
  (function_declarator
    declarator: [
      (identifier) (field_identifier) (qualified_identifier) (operator_name) (template_function)
    ])) @not.variable_declaration
(reference_declarator (pointer_declarator (function_declarator))) @not.variable_declaration
(operator_cast) @not.variable_declaration
; Inside a function `Lock lock(mutex);` reads as a prototype; it is a variable with constructor arguments.
(compound_statement (declaration declarator: (function_declarator declarator: (identifier))) @not.function_definition)
(compound_statement (declaration type: (_) @variable_declaration declarator: (function_declarator declarator: (identifier))))

; A macro among the members, `DISALLOW_COPY(Name);`, reads as a constructor.
(field_declaration_list
  (declaration
    !type
    declarator: (function_declarator declarator: (identifier) @_macro) @call @not.function_definition)
  (#match? @_macro "^[A-Z]+_[A-Z0-9_]+$"))

; Control flow
(for_range_loop) @loop @in_loop
[(co_return_statement) (co_yield_statement)] @return
(try_statement) @exception @in_exception
[(catch_clause) (throw_statement)] @exception

; Calls
(call_expression function: [(qualified_identifier) (primitive_type)] @call)
(call_expression
  function: (template_function name: (identifier) @_name) @call
  (#not-match? @_name "^(static|dynamic|const|reinterpret)_cast$"))
(call_expression function: [(lambda_expression) (compound_literal_expression)] @call)
(new_expression) @call
; Among initialisers a class's constructor looks like a member's; its name tells, as far as it can be told.
((field_initializer . (field_identifier) @_class . (argument_list)) @call (#match? @_class "^[A-Z]"))
(field_initializer . [(template_method) (qualified_identifier)] . (argument_list)) @call
