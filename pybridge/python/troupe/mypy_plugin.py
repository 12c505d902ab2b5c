# SPDX-License-Identifier: Apache-2.0
"""For mypy: types for `ref.tell.add(1)`, `ref.ask.top(3)` and `spawn(...)`.

    # mypy.ini
    [mypy]
    plugins = troupe.mypy_plugin

Of a Ref[Counter] it then knows the handlers, their parameters and what they
return; of spawn(Counter, ...) and Child(Counter, ...) that these are the arguments of
Counter; and of
spawn(counter), where `counter` is a module, that it makes an actor with the
handlers of that module. Without it `ref.ask(Counter.top, 3)` is checked all
the same, but `ref.ask.top(3)` is not.

mypy imports this, not your program. Where mypy runs in a Python that can't
import troupe, name this file by its path.
"""

import difflib
from collections.abc import Callable, Iterator
from functools import partial

from mypy.nodes import (
    ARG_NAMED,
    ARG_NAMED_OPT,
    ARG_OPT,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    ArgKind,
    CallExpr,
    Decorator,
    Expression,
    MemberExpr,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    Statement,
    TypeInfo,
)
from mypy.plugin import (
    AttributeContext,
    ClassDefContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
    Plugin,
)
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    NoneType,
    Overloaded,
    ProperType,
    Type,
    TypeOfAny,
    TypeType,
    TypeVarType,
    get_proper_type,
)

_TELL, _ASK = "troupe._core.Tell", "troupe._core.Ask"
_SPAWNS = (
    "troupe._core._Spawner.spawn",
    "troupe._core.System.spawn",
    "troupe._core.Context.spawn",
    "troupe._core.System.pool",
)
_CHILD = "troupe._child_specs.Child"
_OF_SUPERVISORS = ("max_restarts", "within", "backoff")  # spawn()'s, not Child()'s
_MARK = "troupe._actor.handler"
_METADATA = "troupe"  # of a class: {"handlers": [name]}


class TroupePlugin(Plugin):
    def get_attribute_hook(
        self, fullname: str
    ) -> Callable[[AttributeContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if owner in (_TELL, _ASK) and not name.startswith("_"):
            return partial(_handler_type, name)
        return None

    def get_method_signature_hook(
        self, fullname: str
    ) -> Callable[[MethodSigContext], FunctionLike] | None:
        return _spawn_signature if fullname in _SPAWNS else None

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[FunctionSigContext], FunctionLike] | None:
        if fullname != _CHILD:
            return None
        owner, _, name = _SPAWNS[0].rpartition(".")
        found = self.lookup_fully_qualified(owner)
        spawn = found.node.get(name) if found and isinstance(found.node, TypeInfo) else None
        return partial(_child_signature, get_proper_type(spawn.type) if spawn else None)

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        if fullname in _SPAWNS:
            return _ref_to_module
        if fullname in (f"{_TELL}.__call__", f"{_ASK}.__call__"):
            return _refuse_lone_handler
        return None

    def get_customize_class_mro_hook(
        self, fullname: str
    ) -> Callable[[ClassDefContext], None] | None:
        return _note_handlers


# ref.tell.NAME and ref.ask.NAME


def _handler_type(name: str, ctx: AttributeContext) -> Type:
    actor = _actor_of(ctx.type)
    if actor is None:
        return ctx.default_attr_type
    if _is_module(actor):
        function = _member_of_module(actor, name)
    else:
        function = _member_of_class(actor, name, ctx)
    if isinstance(function, FunctionLike):
        return _as_sent(function, get_proper_type(ctx.default_attr_type))
    if not isinstance(function, AnyType):
        known = [*_handlers_of(actor)]
        _fail(f'{_name_of(actor)} has no handler "{name}"{_near(name, known)}', ctx)
    return AnyType(TypeOfAny.from_error)


def _actor_of(sender: Type) -> Instance | None:
    """The T of a Tell[T] or Ask[T]; None where it says nothing."""
    sender = get_proper_type(sender)
    actor = get_proper_type(sender.args[0]) if isinstance(sender, Instance) else None
    if isinstance(actor, TypeVarType):
        actor = get_proper_type(actor.upper_bound)
    if not isinstance(actor, Instance) or actor.type.fallback_to_any:
        return None
    if actor.type.fullname == "builtins.object":
        return None
    plain_module = actor.type.fullname == "types.ModuleType" and not _is_module(actor)
    return None if plain_module else actor


def _is_module(actor: Instance) -> bool:
    return actor.extra_attrs is not None and bool(actor.extra_attrs.mod_name)


def _member_of_module(actor: Instance, name: str) -> ProperType | None:
    assert actor.extra_attrs is not None
    found = actor.extra_attrs.attrs.get(name)
    return None if found is None else get_proper_type(found)


def _member_of_class(
    actor: Instance, name: str, ctx: AttributeContext
) -> ProperType | None:
    marked = {*_marked_in(actor.type)}
    # A class or Protocol without any mark only describes an actor.
    if (marked and name not in marked) or not actor.type.has_readable_member(name):
        return None
    checker = ctx.api.expr_checker  # type: ignore[attr-defined]
    found: Type = checker.analyze_external_member_access(name, actor, ctx.context)
    return get_proper_type(found)


def _as_sent(function: FunctionLike, default: ProperType) -> Type:
    """The function with what tell or ask returns in place of its own result."""
    assert isinstance(default, CallableType)
    items = [
        item.copy_modified(ret_type=_answer(item.ret_type, default.ret_type))
        for item in function.items
    ]
    return items[0] if len(items) == 1 else Overloaded(items)


def _answer(result: Type, default: Type) -> Type:
    future = get_proper_type(default)
    if not isinstance(future, Instance):
        return NoneType()  # of tell
    result = get_proper_type(result)
    if isinstance(result, Instance) and result.type.fullname == "typing.Coroutine":
        result = result.args[2]
    return future.copy_modified(args=[result])


# ref.tell(Counter.add, 1) and ref.ask(Counter.top, 3)


def _refuse_lone_handler(ctx: MethodContext) -> Type:
    """ref.ask(Counter.top) without its arguments would pass as a message."""
    if len(ctx.callee_arg_names) == 1:  # the message, or a handler without any
        lacking = _lacks_arguments(ctx.args[0][0], get_proper_type(ctx.arg_types[0][0]))
        if lacking:
            _fail(f'Missing arguments of handler "{lacking}"', ctx)
    return ctx.default_return_type


def _lacks_arguments(expression: Expression, function: ProperType) -> str:
    """The name of the handler that `expression` is, if it needs arguments."""
    if not isinstance(expression, MemberExpr) or not isinstance(function, CallableType):
        return ""
    owner = expression.expr
    info = owner.node if isinstance(owner, RefExpr) else None
    if not isinstance(info, TypeInfo) or expression.name not in {*_marked_in(info)}:
        return ""
    member = info.get(expression.name)
    bound = (
        member is not None
        and isinstance(member.node, Decorator)
        and (member.node.func.is_static or member.node.func.is_class)
    )
    return expression.name if function.min_args > (0 if bound else 1) else ""


# spawn()


def _ref_to_module(ctx: MethodContext) -> Type:
    target = get_proper_type(ctx.arg_types[0][0]) if ctx.arg_types[0] else None
    ref = get_proper_type(ctx.default_return_type)
    if isinstance(target, Instance) and _is_module(target):
        if isinstance(ref, Instance) and ref.args:
            return ref.copy_modified(args=[target])
    return ctx.default_return_type


_Parameter = tuple[Type, ArgKind, str | None]


def _spawn_signature(ctx: MethodSigContext) -> FunctionLike:
    own = ctx.default_signature
    taken = _parameters_of_actor(ctx)
    return own if taken is None else _merged(own, taken)


def _child_signature(spawn: ProperType | None, ctx: FunctionSigContext) -> FunctionLike:
    """Child(target, ...) takes what spawn(target, ...) does."""
    own = ctx.default_signature
    if _is_starred(ctx) or not isinstance(spawn, Overloaded):
        return own
    own = _with_options_of(spawn.items[0], own)
    taken = _parameters_of(_target_of(ctx))
    return own if taken is None else _merged(own, taken)


def _with_options_of(spawn: CallableType, child: CallableType) -> CallableType:
    *given, keywords = zip(child.arg_types, child.arg_kinds, child.arg_names)
    known = {*child.arg_names, *_OF_SUPERVISORS}
    options = [
        option
        for option in zip(spawn.arg_types, spawn.arg_kinds, spawn.arg_names)
        if option[1] == ARG_NAMED_OPT and option[2] not in known
    ]
    return _with_parameters(child, [*given, *options, keywords])


def _with_parameters(
    function: CallableType, parameters: list[_Parameter]
) -> CallableType:
    types, kinds, names = zip(*parameters)
    return function.copy_modified(
        arg_types=[*types], arg_kinds=[*kinds], arg_names=[*names]
    )


def _is_starred(ctx: FunctionSigContext) -> bool:
    """Child(*args), as it is called inside of troupe itself."""
    call = ctx.context
    return isinstance(call, CallExpr) and any(
        kind in (ARG_STAR, ARG_STAR2) for kind in call.arg_kinds
    )


def _target_of(ctx: MethodSigContext | FunctionSigContext) -> ProperType | None:
    if not ctx.args or not ctx.args[0]:
        return None
    checker = ctx.api.expr_checker  # type: ignore[attr-defined]
    with ctx.api.msg.filter_errors():
        target: Type = checker.accept(ctx.args[0][0])
    return get_proper_type(target)


def _parameters_of(target: ProperType | None) -> list[_Parameter] | None:
    """Of the class, or of the module's started(); None where they aren't known."""
    if isinstance(target, CallableType) and target.is_type_obj():
        return _parameters(target)
    if isinstance(target, Instance) and _is_module(target):
        started = _member_of_module(target, "started")
        if started is None:
            return []
        return _parameters(started) if isinstance(started, CallableType) else None
    return None


def _parameters_of_actor(ctx: MethodSigContext) -> list[_Parameter] | None:
    """For the overload of spawn() that is for such a target."""
    target = _target_of(ctx)
    of_class = isinstance(get_proper_type(ctx.default_signature.arg_types[0]), TypeType)
    is_class = isinstance(target, CallableType) and target.is_type_obj()
    return _parameters_of(target) if of_class == is_class else None


def _parameters(function: CallableType) -> list[_Parameter] | None:
    if function.variables:  # a generic class: its T is not spawn's
        return None
    return [*zip(function.arg_types, function.arg_kinds, function.arg_names)]


def _merged(own: CallableType, given: list[_Parameter]) -> CallableType:
    """spawn's signature, with the parameters `given` for *args, **kwargs."""
    target, *rest = zip(own.arg_types, own.arg_kinds, own.arg_names)
    options = [each for each in rest if each[1] not in (ARG_STAR, ARG_STAR2)]
    taken = {name for _, _, name in options}

    def of_kind(*kinds: ArgKind) -> list[_Parameter]:
        return [parameter for parameter in given if parameter[1] in kinds]

    positional = [
        (type_, kind, None if name in taken else name)
        for type_, kind, name in of_kind(ARG_POS, ARG_OPT)
    ]
    named = [p for p in of_kind(ARG_NAMED, ARG_NAMED_OPT) if p[2] not in taken]
    merged = [target, *positional, *of_kind(ARG_STAR), *options, *named]
    merged += of_kind(ARG_STAR2)
    return _with_parameters(own, merged)


# Which functions of a class are handlers: kept with the class, so that mypy's
# cache has it too.


def _note_handlers(ctx: ClassDefContext) -> None:
    names = []
    for statement in ctx.cls.defs.body:
        if isinstance(statement, (Decorator, OverloadedFuncDef)):
            if any(_is_mark(each, ctx) for each in _decorators(statement)):
                names.append(statement.name)
    if names:
        ctx.cls.info.metadata[_METADATA] = {"handlers": names}


def _decorators(statement: Statement) -> Iterator[Expression]:
    if isinstance(statement, OverloadedFuncDef):
        for item in statement.items:
            yield from _decorators(item)
    elif isinstance(statement, Decorator):
        yield from statement.original_decorators


def _is_mark(decorator: Expression, ctx: ClassDefContext) -> bool:
    if isinstance(decorator, NameExpr):
        name = decorator.name
    elif isinstance(decorator, MemberExpr) and isinstance(decorator.expr, NameExpr):
        name = f"{decorator.expr.name}.{decorator.name}"
    else:
        return False
    found = ctx.api.lookup_qualified(name, decorator, suppress_errors=True)
    if found is None or found.node is None:  # not known yet
        return name.rpartition(".")[2] == "handler"
    return found.node.fullname == _MARK


def _marked_in(info: TypeInfo) -> Iterator[str]:
    for base in info.mro:
        yield from base.metadata.get(_METADATA, {}).get("handlers", [])


def _handlers_of(actor: Instance) -> Iterator[str]:
    if _is_module(actor):
        assert actor.extra_attrs is not None
        for name, type_ in actor.extra_attrs.attrs.items():
            if isinstance(get_proper_type(type_), FunctionLike):
                yield name
    else:
        yield from _marked_in(actor.type)


# Words


def _fail(message: str, ctx: AttributeContext | MethodContext) -> None:
    ctx.api.fail(message, ctx.context)


def _name_of(actor: Instance) -> str:
    if actor.extra_attrs is not None and actor.extra_attrs.mod_name:
        return f'Module "{actor.extra_attrs.mod_name}"'
    return f'"{actor.type.name}"'


def _near(name: str, known: list[str]) -> str:
    found = difflib.get_close_matches(name, known, 1, 0.7)
    return f'; maybe "{found[0]}"?' if found else ""


def plugin(version: str) -> type[Plugin]:
    return TroupePlugin
