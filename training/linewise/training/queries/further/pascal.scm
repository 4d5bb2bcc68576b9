; Pascal: trained on, without a name of its own in the model.

; Surface
(comment) @comment
[(literalString) (literalChar)] @string
[(kBegin) (kEnd) (kDo) (kThen)] @block_word

; Directives; $I with a name is an include, with + or - a switch
(pp) @preprocessor
((pp) @import (#match? @import "^(\\{|\\(\\*)\\$([iI]|[iI][nN][cC][lL][uU][dD][eE])\\s+[^ +%-]"))

; Modules
(declUses) @import
[(unit) (program) (library)] @module_declaration

; Functions, headers in a type or an interface among them
(declProc) @function_definition
(defProc) @in_function
(lambda) @lambda @in_function
(rttiAttributes) @annotation

; Types; a class without anything announces one that follows
(declType) @type_definition
(declType type: (declClass . (kClass) .)) @not.type_definition
(declType type: (declIntf . (kInterface) .)) @not.type_definition
(declType type: [(declClass (kEnd)) (declIntf (kEnd)) (declHelper (kEnd))]) @in_type
(declType type: (type [(declEnum) (declClass (kEnd))])) @in_type

; Variables, constants, fields: the section's opener and each entry
[(declVars) (declConsts)] @variable_declaration
(declVar name: (identifier) @variable_declaration)
(declConst name: (identifier) @variable_declaration)
(declField name: (identifier) @variable_declaration)
(declProp) @variable_declaration
[(varDef) (varAssignDef)] @variable_declaration
(assignment) @assignment

; Control flow
[(for) (foreach) (while) (repeat)] @loop @in_loop
(repeat (kUntil) @loop)
[(if) (ifElse) (case)] @conditional @in_conditional
(caseCase) @conditional
(kElse) @conditional
(try) @exception @in_exception
[(kExcept) (kFinally)] @exception
(exceptionHandler) @exception
(raise) @exception
(goto) @jump

; Calls, each where its callee is named; a routine's name alone as a statement is one, within an expression it is not,
; but for a constructor's
(exprCall entity: (identifier) @call)
(exprCall entity: (exprDot rhs: (_) @call))
(exprCall entity: [(exprTpl) (exprParens) (exprUnary) (exprSubscript) (exprCall) (inherited)] @call)
(statement (identifier) @call)
(statement (exprDot rhs: (_) @call))
(inherited) @call
((exprDot lhs: (identifier) @_class rhs: (identifier) @call)
  (#match? @_class "^[TE][A-Z]")
  (#match? @call "^[Cc][Rr][Ee][Aa][Tt][Ee]"))

; Routines that leave what they stand in
((statement (identifier) @jump @not.call) (#match? @jump "^([Bb][Rr][Ee][Aa][Kk]|[Cc][Oo][Nn][Tt][Ii][Nn][Uu][Ee])$"))
((statement (identifier) @return @not.call) (#match? @return "^[Ee][Xx][Ii][Tt]$"))
((exprCall entity: (identifier) @return @not.call) (#match? @return "^[Ee][Xx][Ii][Tt]$"))
