; gdscript: trained on, without a name of its own in the model

; Surface
[(comment) (region_start) (region_end)] @comment
[(string) (string_name) (node_path)] @string
((get_node) @string (#match? @string "^[$%]\""))

; Imports: a script that is loaded by its path
((call (identifier) @_load arguments: (arguments . (string) @_path .)) @import
  (#any-of? @_load "preload" "load") (#match? @_path "\\.gd[\"']$"))

; Functions; accessors with bodies are some too
[(function_definition) (constructor_definition)] @function_definition
(function_definition body: (_)) @in_function
(constructor_definition body: (_)) @in_function
[(set_body) (get_body)] @function_definition @in_function
(lambda) @lambda @in_function

; Types; `class_name` says what the file's own class is called
(class_definition) @type_definition @in_type
(class_name_statement "class_name" @type_definition)
(enum_definition) @type_definition @in_type
(annotation) @annotation @not.call

; Variables
[
  (variable_statement)
  (const_statement)
  (export_variable_statement)
  (onready_variable_statement)
] @variable_declaration
[(assignment) (augmented_assignment)] @assignment

; Control flow; `yield(...)` is Godot 3's
[(for_statement) (while_statement)] @loop @in_loop
[(if_statement) (match_statement)] @conditional @in_conditional
[(elif_clause) (else_clause) (pattern_section) (conditional_expression)] @conditional
(return_statement) @return
((call . (identifier) @return) (#eq? @return "yield"))
[(break_statement) (continue_statement)] @jump

; Calls, each where its callee is named
((call . (identifier) @call) (#not-eq? @call "yield"))
(call . [(attribute) (subscript) (parenthesized_expression) (get_node)] @call)
(attribute_call . (identifier) @call)
(base_call . (identifier) @call)
(constructor_definition "." @call . arguments: (_))
