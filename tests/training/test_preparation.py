"""Texts are rewritten for the grammars byte by byte in place, and only where a grammar lags behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import names_of
from linewise.training.oracle import label_file
from linewise.training.oracle.preparation import prepare_csharp, prepare_ecma, prepare_kotlin, prepare_swift


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("type A<in T, out U = V> = T", "type A<   T,     U = V> = T"),
        ("  in out A,\n  out B extends C", "         A,\n      B extends C"),
        ("export type * from './a'", "export      * from './a'"),
        ("using a = b()\n  await using c = d", "const a = b()\n  const       c = d"),
        ("for (using a of b) {}", "for (const a of b) {}"),
        ("for (a in B) using(c)\nout", "for (a in B) using(c)\nout"),
    ],
)
def test_recent_syntax_of_typescript(text: str, prepared: str) -> None:
    assert prepare_ecma(text.encode()).decode() == prepared


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("return *(int*)p;", "return        p;"),
        ("; *(ushort*)(p + o) = *q++;", "; _         [p + o] =  q++;"),
        ("{ *p++ = (byte)*(p)", "{ *p   = (byte) (p)"),
        ("if (*(a + 1) != *b)", "if ( (a + 1) !=  b)"),
        ("(x) * (y) * z; int* p; a *= 2; /* (b) */", "(x) * (y) * z; int* p; a *= 2; /* (b) */"),
    ],
)
def test_pointers_of_csharp(text: str, prepared: str) -> None:
    assert prepare_csharp(f"unsafe {text}".encode()).decode() == f"unsafe {prepared}"
    assert prepare_csharp(text.encode()).decode() == text


def test_a_disposed_variable_is_declared() -> None:
    truth = label_file(b"using a = b();\n", "typescript")
    assert names_of(int(truth.masks[0])) == ("code", "variable_declaration", "call")


@given(st.text(alphabet="*();=< in\nout,Ausgref").map(lambda text: "unsafe out <in using " + text))
def test_every_byte_and_line_break_keeps_its_place(text: str) -> None:
    data = text.encode()
    for prepare in (prepare_csharp, prepare_ecma):
        prepared = prepare(data)
        assert len(prepared) == len(data)
        breaks = [[at for at, byte in enumerate(each) if byte == ord("\n")] for each in (data, prepared)]
        assert breaks[0] == breaks[1]


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("x.f<A, B<C>>(1)", "x.f         (1)"),
        ("f<A?> { a < b }", "f     { a < b }"),
        ("if (a < b && c > (d)) f(a<b)", "if (a < b && c > (d)) f(a<b)"),
        ("val f = suspend { 1 }", "val f =         { 1 }"),
        ("class A\n@B(1)\npublic constructor(", "class A @B(1) public constructor("),
        ("class A\n\nfun constructor(", "class A\n\nfun constructor("),
        ("try { }\n  catch (e: E) { }\nfinally {", "try { }   catch (e: E) { } finally {"),
    ],
)
def test_type_arguments_and_constructors_of_kotlin(text: str, prepared: str) -> None:
    assert prepare_kotlin(text.encode()).decode() == prepared


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("throw A.B<C>(d)", "throw A.B   (d)"),
        ("done(.success(()))\nreturn ()", "done(.success(_0))\nreturn _0"),
        ("let f: () -> Void = g()", "let f: () -> Void = g()"),
        ("case .success(): f()", "case .success  : f()"),
        ("nonisolated(unsafe) let a = 1", "nonisolated         let a = 1"),
        ("a { }\nlabel: {\n};\n}\ndefault: { }", "a { } label: {\n} \n}\ndefault: { }"),
        ("f([~A.self], ~b)", "f([ A.self], ~b)"),
    ],
)
def test_type_arguments_and_empty_tuples_of_swift(text: str, prepared: str) -> None:
    assert prepare_swift(text.encode()).decode() == prepared
