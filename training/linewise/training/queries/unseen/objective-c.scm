; Objective-C, for testing only: no training data holds it. What it shares with C is as in c_family.scm.

; Surface
(comment) @comment
[(string_literal) (char_literal)] @string
(preproc_arg) @macro_text

; Preprocessor
[(preproc_include) (preproc_def) (preproc_function_def) (preproc_call)] @preprocessor
["#if" "#ifdef" "#ifndef" "#elif" "#elifdef" "#elifndef" "#else" "#endif"] @preprocessor
[(preproc_include) (module_import)] @import

; Functions, each on the line of its name; methods where they begin
(function_definition body: (_)) @in_function
(function_declarator declarator: [(identifier) (field_identifier)] @function_definition)
(parameter_declaration) @not.function_definition
[(method_definition) (method_declaration)] @function_definition
(method_definition (compound_statement)) @in_function
(block_literal) @lambda @in_function

; Types
[(struct_specifier body: (_)) (union_specifier body: (_)) (enum_specifier body: (_))] @type_definition @in_type
(type_definition) @type_definition
(type_definition type: [(struct_specifier body: (_)) (union_specifier body: (_)) (enum_specifier body: (_))]) @in_type
[(class_interface) (class_implementation) (protocol_declaration)] @type_definition @in_type
[(attribute_declaration) (attribute_specifier) (ms_declspec_modifier)] @annotation

; Variables, each declarator on its line; one that declares a function is none
(declaration declarator: (_) @variable_declaration)
(field_declaration declarator: (_) @variable_declaration)
[(instance_variable) (property_declaration)] @variable_declaration
(function_declarator declarator: [(identifier) (field_identifier)]) @not.variable_declaration
(pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier)])) @not.variable_declaration
[(assignment_expression) (update_expression)] @assignment

; Control flow
[(for_statement) (while_statement) (do_statement)] @loop @in_loop
(do_statement "do" @block_word)
(do_statement "while" @loop)
[(if_statement) (switch_statement)] @conditional @in_conditional
[(else_clause) (case_statement) (conditional_expression)] @conditional
(return_statement) @return
[(break_statement) (continue_statement) (goto_statement)] @jump
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause) (throw_statement)] @exception

; Calls and messages, each where its callee is named
(call_expression function: (field_expression field: (_) @call))
(call_expression function: [(identifier) (call_expression) (subscript_expression) (parenthesized_expression)] @call)
(message_expression receiver: (_) . method: (_) @call)
