; What TypeScript has and JavaScript has not; see ecma.scm for the rest.

; Surface
(template_literal_type) @string
(template_type) @code

; Modules
(import_alias) @import
[(internal_module) (module)] @module_declaration

; Functions
[(function_signature) (construct_signature)] @function_definition
(method_signature name: (_) @function_definition)
(abstract_method_signature name: (_) @function_definition)

; Types
(abstract_class_declaration) @type_definition @in_type
[(interface_declaration) (enum_declaration)] @type_definition @in_type
(type_alias_declaration) @type_definition
(type_alias_declaration value: [(object_type) (intersection_type (object_type))]) @in_type
(conditional_type) @conditional

; Variables
(public_field_definition name: (_) @variable_declaration)
(property_signature name: (_) @variable_declaration)
(required_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (_) @variable_declaration)
(optional_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (_) @variable_declaration)

; Calls
(call_expression function: [(non_null_expression) (instantiation_expression)] @call)
