; Erlang: trained on, without a name of its own in the model

; Surface. Quoted atoms are names, no strings.
[(comment) (shebang)] @comment
[(string) (char)] @string
["begin" "end"] @block_word

; Forms
(module_attribute) @module_declaration
(import_attribute) @import
[(pp_include) (pp_include_lib)] @import @preprocessor
[
  (pp_define) (pp_undef) (pp_ifdef) (pp_ifndef) (pp_if) (pp_elif) (pp_else) (pp_endif)
] @preprocessor
(pp_define) @scope
(macro_lhs args: (var_args (var) @bound))
[
  (behaviour_attribute) (compile_options_attribute) (optional_callbacks_attribute) (deprecated_attribute) (feature_attribute)
  (file_attribute) (wild_attribute) (spec) (callback)
] @annotation
[(type_alias) (opaque) (nominal)] @type_definition
(record_decl) @type_definition @in_type
(record_decl (record_field name: (_) @variable_declaration))

; What is written like a call in a type or an attribute is none
[(spec) (callback) (type_alias) (opaque) (nominal) (field_type) (wild_attribute) (compile_options_attribute)] @not.call

; Functions: each clause is a definition of its own
(fun_decl) @function_definition @in_function @scope
(anonymous_fun) @lambda @in_function
; A name belongs to the arm that binds it
[(fun_clause) (cr_clause) (if_clause) (catch_clause)] @scope.open

; Parameters and patterns
[(function_clause args: (_) @bound.within) (fun_clause args: (_) @bound.within)]
(function_clause args: (expr_args [
  (var) @bound
  (tuple [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (list [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (map_expr [(_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (record_expr [(_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (binary (bin_element (var) @bound))
  (match_expr [(var) @bound (tuple (var) @bound)])
  (binary_op_expr (var) @bound)
]))
(fun_clause args: (expr_args [
  (var) @bound
  (tuple [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (list [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (map_expr [(_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (record_expr [(_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (binary (bin_element (var) @bound))
  (match_expr [(var) @bound (tuple (var) @bound)])
  (binary_op_expr (var) @bound)
]))
[(cr_clause pat: (_) @bound.within) (catch_clause pat: (_) @bound.within)]
(cr_clause pat: [
  (var) @bound
  (tuple [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (list [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (map_expr [(_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (record_expr [(_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (binary (bin_element (var) @bound))
  (match_expr [(var) @bound (tuple (var) @bound)])
  (binary_op_expr (var) @bound)
])
(catch_clause pat: [
  (var) @bound
  (tuple [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (list [(var) @bound (_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (map_expr [(_ (var) @bound) (_ (_ (var) @bound)) (_ (_ (_ (var) @bound)))])
  (record_expr [(_ (_ (var) @bound)) (_ (_ (_ (var) @bound))) (_ (_ (_ (_ (var) @bound))))])
  (binary (bin_element (var) @bound))
  (match_expr [(var) @bound (tuple (var) @bound)])
  (binary_op_expr (var) @bound)
])
(catch_clause [(try_class (var) @bound) (try_stack (var) @bound)])
[(list_comprehension) (binary_comprehension) (map_comprehension)] @scope.open
[(generator lhs: (_) @bound.within) (b_generator lhs: (_) @bound.within)]

; Names that a match binds
(match_expr lhs: [
  (var) @binding
  (tuple [(var) @binding (_ (var) @binding) (_ (_ (var) @binding)) (_ (_ (_ (var) @binding))) (_ (_ (_ (_ (var) @binding))))])
  (list [(var) @binding (_ (var) @binding) (_ (_ (var) @binding)) (_ (_ (_ (var) @binding)))])
  (map_expr [(_ (var) @binding) (_ (_ (var) @binding)) (_ (_ (_ (var) @binding)))])
  (record_expr [(_ (_ (var) @binding)) (_ (_ (_ (var) @binding))) (_ (_ (_ (_ (var) @binding))))])
  (binary (bin_element (var) @binding))
  (match_expr [(var) @binding (tuple (var) @binding)])
  (binary_op_expr (var) @binding)
])
((var) @not.binding (#eq? @not.binding "_"))
(macro_call_expr name: (_) @not.binding)
(bit_size_expr) @not.binding
(map_field key: (_) @not.binding)

; Control flow; there are no loops
[(case_expr) (if_expr) (receive_expr) (maybe_expr)] @conditional @in_conditional
[(cr_clause) (if_clause)] @conditional
(receive_after "after" @conditional)
(maybe_expr "else" @conditional)

; Exceptions
(try_expr) @exception @in_exception
(try_expr "catch" @exception)
(try_after "after" @exception)
(catch_clause) @conditional
(catch_expr) @exception @in_exception
((call expr: (atom) @exception @not.call) (#eq? @exception "throw"))
((call expr: (remote module: (remote_module module: (atom) @_m) fun: (atom) @exception @not.call))
  (#eq? @_m "erlang") (#any-of? @exception "throw" "raise"))

; Calls, each where its callee is named
(call expr: (remote fun: (_) @call))
(call expr: [(atom) (var) (paren_expr) (call) (anonymous_fun) (internal_fun) (external_fun)] @call)
(call expr: (macro_call_expr) @call)
(macro_call_expr args: (_)) @call
