; Zig, for testing only: no training data holds it.

; Surface
[(line_comment) (doc_comment) (container_doc_comment)] @comment
[(STRINGLITERALSINGLE) (LINESTRING) (CHAR_LITERAL)] @string

; Imports: the whole statement that binds what is imported
((BUILTINIDENTIFIER) @import (#any-of? @import "@import" "@cImport"))
(VarDecl (ErrorUnionExpr (SuffixExpr (BUILTINIDENTIFIER) @_import)) (#any-of? @_import "@import" "@cImport")) @import
(Decl "usingnamespace") @import

; Functions; a test is one too, its body is like any other's
(FnProto function: (_)) @function_definition
(Decl (FnProto) (Block)) @in_function
(TestDecl) @function_definition @in_function

; Types are expressions
[(ContainerDecl) (ErrorSetDecl)] @type_definition @in_type

; Variables and fields; an enum's members are none
(VarDecl) @variable_declaration
(ContainerField field_member: (_) @variable_declaration)
(ContainerDecl (ContainerDeclType . "enum") (ContainerField) @not.variable_declaration)
(AssignExpr (AssignOp)) @assignment

; Control flow
[(ForPrefix "for" @loop) (WhilePrefix "while" @loop)]
[(LoopStatement) (LoopExpr) (LoopTypeExpr)] @in_loop
(IfPrefix "if" @conditional)
[(IfStatement) (IfExpr) (IfTypeExpr)] @in_conditional
(SwitchExpr) @conditional @in_conditional
(SwitchProng) @conditional
"else" @conditional
"return" @return
["break" "continue"] @jump
["try" "catch"] @exception

; Calls, each where its callee is named
(SuffixExpr variable_type_function: (_) @call . (FnCallArguments))
(SuffixExpr field_constant: (_) @call . (FnCallArguments))
(SuffixExpr (BUILTINIDENTIFIER) @call . (FnCallArguments))
(FieldOrFnCall function_call: (_) @call)
