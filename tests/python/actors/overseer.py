# SPDX-License-Identifier: Apache-2.0
"""An actor that supervises others, from within its handlers."""

import troupe


@troupe.handler
def begin(name):
    return troupe.context.supervise(troupe.Child("actors.patient", name=name))


@troupe.handler
def begin_here(home):
    troupe.context.supervise(troupe.Child("actors.patient", home=home))


@troupe.handler
def add_child(supervisor, name):
    return supervisor.start_child(troupe.Child("actors.patient", name=name))


@troupe.handler
def end_myself(supervisor):
    supervisor.terminate_child(troupe.context.self)
