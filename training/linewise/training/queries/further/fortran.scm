; Fortran, free form: trained on, without a name of its own in the model

; Surface. What closes a block by keywords alone is a delimiter; the name of a procedure or module is none.
[(comment) (preproc_comment)] @comment
[(string_literal) (filename)] @string
["do" "then"] @block_word
(block_construct "block" @block_word)
(end_if_statement ["end" "if" "endif"] @block_word)
(end_do_loop_statement ["end" "do" "enddo"] @block_word)
(end_select_statement ["end" "select" "endselect"] @block_word)
(end_where_statement ["end" "where" "endwhere"] @block_word)
(end_forall_statement ["end" "forall" "endforall"] @block_word)
(end_associate_statement ["end" "associate" "endassociate"] @block_word)
(end_block_construct_statement ["end" "block" "endblock"] @block_word)
(end_interface_statement ["end" "interface" "endinterface"] @block_word)
(end_type_statement ["end" "type" "endtype"] @block_word)
(end_enum_statement ["end" "enum" "endenum"] @block_word)
(end_function_statement ["end" "function" "endfunction"] @block_word)
(end_subroutine_statement ["end" "subroutine" "endsubroutine"] @block_word)
(end_module_procedure_statement ["end" "procedure" "endprocedure"] @block_word)
(end_module_statement ["end" "module" "endmodule"] @block_word)
(end_submodule_statement ["end" "submodule" "endsubmodule"] @block_word)
(end_program_statement ["end" "program" "endprogram"] @block_word)

; Directives
(preproc_include) @import @preprocessor
[(preproc_def) (preproc_function_def) (preproc_call)] @preprocessor
["#if" "#ifdef" "#ifndef" "#elif" "#elifdef" "#elifndef" "#else" "#endif"] @preprocessor

; Modules
[(use_statement) (import_statement) (include_statement)] @import
[(module_statement) (submodule_statement) (program_statement)] @module_declaration

; Procedures; those of an interface too, whose lines look the same
(function_statement "function" @function_definition)
(subroutine_statement "subroutine" @function_definition)
(module_procedure_statement "procedure" @function_definition)
(entry_statement) @function_definition
[(function) (subroutine) (module_procedure)] @in_function
(derived_type_procedures (procedure_statement (procedure_kind "procedure")) @function_definition)

; Types
[(derived_type_statement) (enum_statement) (enumeration_type_statement)] @type_definition
[(derived_type_definition) (enum) (enumeration_type)] @in_type

; Variables: the statement, and each name where it goes on
(variable_declaration) @variable_declaration
(variable_declaration declarator: (_) @variable_declaration)
((variable_modification (type_qualifier) @_attribute) @variable_declaration (#match? @_attribute "^[dD][iI][mM][eE]"))
(parameter_statement) @variable_declaration
(association) @variable_declaration
[(assignment_statement) (pointer_association_statement)] @assignment
(selector) @not.assignment

; Control flow
[(do_loop_statement) (do_label_statement) (forall_statement)] @loop
[(do_loop_statement) (forall_statement)] @in_loop
[(if_statement) (arithmetic_if_statement) (select_case_statement) (select_type_statement) (select_rank_statement)]
  @conditional @in_conditional
(where_statement) @conditional @in_conditional
[
  (elseif_clause) (else_clause) (case_statement) (type_statement) (rank_statement) (elsewhere_clause)
  (conditional_expression)
] @conditional
(keyword_statement "return" @return)
(keyword_statement ["exit" "cycle" "goto"] @jump)
(keyword_statement . "go" @jump)

; Calls: by keyword; as a function where the name, or arguments that no index can be, tell
(subroutine_call) @call
((call_expression . (_) @call (argument_list) @_none) (#match? @_none "^[(]\\s*[)]$"))
(call_expression . (_) @call (argument_list [(keyword_argument) (string_literal) (boolean_literal)]))
((call_expression . (identifier) @call)
  (#match? @call "^(?i:a?(cos|sin|tan)h?|atan2|abs|achar|adjust[lr]|aimag|aint|all(ocated)?|anint|any|associated|bit_size|btest|c_(associated|loc|funloc|f_pointer|sizeof)|ceiling|char|cmplx|command_argument_count|conjg|count|cshift|dble|digits|dim|dot_product|eoshift|epsilon|erfc?|exp|exponent|floor|gamma|huge|iachar|iand|ibclr|ibits|ibset|ichar|ieee_[a-z_]+|ieor|int|ior|ishftc?|is_iostat_(end|eor)|kind|lbound|leadz|len(_trim)?|log(10|_gamma)?|logical|matmul|max|max(loc|val)|merge|min|min(loc|val)|mod|modulo|move_alloc|nint|norm2|not|null|pack|popcnt|present|product|radix|real|repeat|reshape|same_type_as|scan|selected_(char|int|real)_kind|shape|shift[alr]|sign|size|spread|sqrt|storage_size|sum|this_image|num_images|tiny|transfer|transpose|trim|ubound|unpack|verify|d(abs|sqrt|exp|log|sin|cos|tan|max1|min1|float|mod|sign))$"))
(assignment_statement left: (call_expression . (_) @not.call))
