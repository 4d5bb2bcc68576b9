; Surface
[(line_comment) (block_comment)] @comment
[(string_literal) (raw_string_literal) (char_literal)] @string

; Modules
[(use_declaration) (extern_crate_declaration)] @import
(mod_item "mod" @module_declaration)

; Definitions
(function_item "fn" @function_definition) @in_function
(function_signature_item "fn" @function_definition)
(closure_expression) @lambda @in_function
[(struct_item) (enum_item) (union_item) (trait_item) (impl_item) (type_item) (associated_type)] @type_definition
(struct_item body: (field_declaration_list)) @in_type
[(enum_item) (union_item) (trait_item) (impl_item)] @in_type
[(attribute_item) (inner_attribute_item)] @annotation @not.call

; Variables
[(let_declaration) (const_item) (static_item) (field_declaration)] @variable_declaration
(let_condition) @variable_declaration
[(assignment_expression) (compound_assignment_expr)] @assignment

; Control flow
(for_expression "for" @loop) @in_loop
(while_expression "while" @loop) @in_loop
(loop_expression "loop" @loop) @in_loop
[(if_expression) (match_expression)] @conditional @in_conditional
[(else_clause) (match_arm)] @conditional
(match_pattern "if" @conditional)
(let_declaration "else" @conditional) @conditional @in_conditional
[(return_expression) (yield_expression)] @return
[(break_expression) (continue_expression)] @jump
(try_block) @exception @in_exception

; Calls, each where its callee is named
(call_expression function: [(identifier) (self) (scoped_identifier)] @call)
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (generic_function function: [(identifier) (scoped_identifier)] @call))
(call_expression function: (generic_function function: (field_expression field: (_) @call)))
(call_expression
  function: [
    (call_expression) (parenthesized_expression) (index_expression) (macro_invocation) (closure_expression)
    (try_expression) (block) (unsafe_block)
  ] @call)
(macro_invocation) @call
(token_tree (identifier) @call . (token_tree . "("))

; Macros: their arguments and replacement texts are tokens to the grammar, and are parsed on their own
(macro_invocation (token_tree) @embedded)
(macro_rule right: (token_tree) @embedded)
(token_tree (token_tree) @embedded)
(token_repetition (token_tree) @embedded)
(token_repetition) @embedded.repeated
[(attribute_item) (inner_attribute_item)] @not.embedded
; `name = value` in the arguments of a macro
(source_file
  (expression_statement
    [(tuple_expression (assignment_expression left: (_) @not.assignment))
     (parenthesized_expression (assignment_expression left: (_) @not.assignment))]))
