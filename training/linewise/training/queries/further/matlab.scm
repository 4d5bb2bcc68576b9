; MATLAB: trained on, without a name of its own in the model

; Surface. What stands behind the dots of a continued line is a comment.
(comment) @comment
((line_continuation) @comment (#match? @comment "^[.]{3}[.\t ]*[^.\t \r\n]"))
(string) @string
"end" @block_word

; Imports have the form of a command
((command (command_name) @_import) @import (#eq? @_import "import"))

; Functions
(function_definition "function" @function_definition) @in_function @scope
(function_signature) @function_definition
(lambda) @lambda @in_function @scope.open

; Classes and their properties
(class_definition "classdef" @type_definition) @in_type
(properties (property) @variable_declaration)

; Names that nothing declares: parameters, results, loop variables
(function_output (identifier) @bound)
(function_output (multioutput_variable (identifier) @bound))
(function_arguments (identifier) @bound)
(lambda (arguments (identifier) @bound))
(iterator . (identifier) @bound)
(catch_clause (identifier) @bound)

; Names. `global` sends them outward, `persistent` declares.
(assignment left: (identifier) @binding)
(assignment left: (multioutput_variable (identifier) @binding))
(assignment left: [(function_call) (field_expression)] @assignment)
(assignment left: (multioutput_variable [(function_call) (field_expression)] @assignment))
(global_operator (identifier) @outward)
(persistent_operator "persistent" @variable_declaration)
(persistent_operator (identifier) @bound)

; Control flow
[(for_statement) (while_statement)] @loop @in_loop
[(if_statement) (switch_statement)] @conditional @in_conditional
[(elseif_clause) (else_clause) (case_clause) (otherwise_clause)] @conditional
(try_statement) @exception @in_exception
(catch_clause) @exception
(return_statement) @return
[(break_statement) (continue_statement)] @jump

; Calls: commands, and what is written like one
(command (command_name) @call)
((command (command_name) @not.call) (#match? @not.call "^(import|end[a-z_]+|unwind_protect|unwind_protect_cleanup|do|until)$"))
(function_call name: (_) @call)

; No call is what is assigned to, and an index, which is written like one: it tells itself by its brackets, by `:` or
; `end`, by a field that follows, by a name of one letter; by subscripts, unless a well-known function takes them.
(assignment left: (function_call name: (_) @not.call))
(assignment left: (field_expression object: (function_call name: (_) @not.call)))
(assignment left: (field_expression field: (function_call name: (_) @not.call)))
(assignment left: (multioutput_variable (function_call name: (_) @not.call)))
(assignment left: (multioutput_variable (field_expression (function_call name: (_) @not.call))))
(function_call name: (_) @not.call "{")
(function_call name: (_) @not.call (arguments argument: [(spread_operator) (end_keyword)]))
(function_call name: (_) @not.call (arguments argument: (range (end_keyword))))
(function_call name: (_) @not.call (arguments argument: (binary_operator (end_keyword))))
(field_expression object: (function_call name: (identifier) @not.call))
((function_call name: (identifier) @not.call) (#match? @not.call "^[a-eij-zA-MO-Z]$"))
((function_call name: (identifier) @not.call)
  (#match? @not.call "^(([a-z]|hash|old|new|ax|win|ref|src|dst|sub|cur|rel)[A-Z]?[a-z]*(Lim|Pos|Inds?|Idx|Rect|Range|Bounds)|(edge|face|node|label|id|name|ind|pt|point|dim|val)s|boxes|data|indices)$"))
([
  (function_call name: (identifier) @not.call (arguments argument: (range)))
  (function_call name: (identifier) @not.call (arguments . (identifier) @_subscript .))
  (function_call name: (identifier) @not.call
    (arguments . [(identifier) (number)] @_subscript . [(identifier) (number)] @_subscript .))
  (function_call name: (identifier) @not.call
    (arguments . (binary_operator left: (identifier) @_subscript right: (number)) .))
]
  (#match? @_subscript "^([ijkmn]|ii|jj|kk|i[0-9]|idx|inds?|index|iter|[0-9]+)$")
  (#not-match? @not.call "^(is[A-Za-z_]+|num2[a-z]+|str[a-z0-9_]+|[a-z]+2[a-z]+|vl_.*|gl[A-Z].*|Psych.*|Screen|Kb.*|Get.*|Set.*|Wait.*|zeros|ones|eye|rand|randn|randi|randperm|cell|nan|NaN|inf|Inf|true|false|N_?|peaks|sphere|cylinder|spdiags|stairs|area|contourf?|kaiser|rng|fft2|figure|subplot|axis|axes|hold|pause|clf|close|colormap|colorbar|drawnow|gcf|gca|plot|plot3|line|patch|surf|mesh|hist|bar|text|title|gray|jet|hsv|view|grid|abs|sin|cos|tan|a(sin|cos|tan)d?|atan2|sind|cosd|tand|sinh|cosh|tanh|exp|log|log2|log10|sqrt|nthroot|gamma|factorial|nchoosek|primes|magic|hypot|power|sign|floor|ceil|round|fix|mod|rem|gcd|lcm|max|min|sum|prod|cumsum|cumprod|mean|median|std|var|norm|det|inv|pinv|rank|trace|diag|triu|tril|kron|cross|dot|eig|svd|chol|expm|length|numel|size|ndims|rows|columns|find|any|all|sort|unique|fliplr|flipud|flip|rot90|circshift|reshape|repmat|linspace|logspace|colon|cat|horzcat|vertcat|squeeze|permute|transpose|nnz|diff|setdiff|union|intersect|ismember|histc|accumarray|cellfun|arrayfun|structfun|bsxfun|feval|func2str|sub2ind|ind2sub|meshgrid|ndgrid|interp1|interp2|filter|conv|fft|ifft|double|single|logical|char|cellstr|u?int(8|16|32|64)|real|imag|conj|angle|complex|struct|fieldnames|class|blanks|upper|lower|bit[a-z]+|typecast|full|sparse|disp|display|error|warning|fclose|fopen|fprintf|sprintf|fread|fgetl|fgets|feof|input|exist|nargchk|narginchk|nargoutchk|nargin|nargout|inputname|rethrow|set|get|delete|clear|tic|toc|clock|datestr|etime|wait[a-z]+|varargout|inputParser)$"))
([
  (function_call name: (identifier) @not.call (arguments . (number) .))
  (function_call name: (identifier) @not.call (arguments . (number) . (number) .))
]
  (#match? @not.call "^[a-z][a-z0-9_]*$")
  (#not-match? @not.call "^(is[A-Za-z_]+|num2[a-z]+|str[a-z0-9_]+|[a-z]+2[a-z]+|vl_.*|gl[A-Z].*|Psych.*|Screen|Kb.*|Get.*|Set.*|Wait.*|zeros|ones|eye|rand|randn|randi|randperm|cell|nan|NaN|inf|Inf|true|false|N_?|peaks|sphere|cylinder|spdiags|stairs|area|contourf?|kaiser|rng|fft2|figure|subplot|axis|axes|hold|pause|clf|close|colormap|colorbar|drawnow|gcf|gca|plot|plot3|line|patch|surf|mesh|hist|bar|text|title|gray|jet|hsv|view|grid|abs|sin|cos|tan|a(sin|cos|tan)d?|atan2|sind|cosd|tand|sinh|cosh|tanh|exp|log|log2|log10|sqrt|nthroot|gamma|factorial|nchoosek|primes|magic|hypot|power|sign|floor|ceil|round|fix|mod|rem|gcd|lcm|max|min|sum|prod|cumsum|cumprod|mean|median|std|var|norm|det|inv|pinv|rank|trace|diag|triu|tril|kron|cross|dot|eig|svd|chol|expm|length|numel|size|ndims|rows|columns|find|any|all|sort|unique|fliplr|flipud|flip|rot90|circshift|reshape|repmat|linspace|logspace|colon|cat|horzcat|vertcat|squeeze|permute|transpose|nnz|diff|setdiff|union|intersect|ismember|histc|accumarray|cellfun|arrayfun|structfun|bsxfun|feval|func2str|sub2ind|ind2sub|meshgrid|ndgrid|interp1|interp2|filter|conv|fft|ifft|double|single|logical|char|cellstr|u?int(8|16|32|64)|real|imag|conj|angle|complex|struct|fieldnames|class|blanks|upper|lower|bit[a-z]+|typecast|full|sparse|disp|display|error|warning|fclose|fopen|fprintf|sprintf|fread|fgetl|fgets|feof|input|exist|nargchk|narginchk|nargoutchk|nargin|nargout|inputname|rethrow|set|get|delete|clear|tic|toc|clock|datestr|etime|wait[a-z]+|varargout|inputParser)$"))
([
  (assignment right: (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (binary_operator (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (comparison_operator (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (boolean_operator (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (arguments (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (row (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (range (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
  (parenthesis (field_expression field: (function_call name: (_) @not.call (arguments . [(identifier) (number)] .))))
] (#not-match? @not.call "^(get|set|is|has|to|from|find|create|make|parse|read|load|new|compute|calc|add|eval)"))
