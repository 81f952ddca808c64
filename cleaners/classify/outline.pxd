# The types of cleaners/classify/outline.py where it is compiled: its classes as structs, and its methods without
# look-ups.

cimport cython
from cleaners.html.blocks cimport Frame


cdef inline Py_ssize_t id(object thing):
    # what Python's own says, without a call
    return <Py_ssize_t><void*>thing


cdef class Node:
    cdef public Frame frame
    cdef public Node parent, box
    cdef public str css
    cdef public object own, every
    cdef public long tag, tags
    cdef public bint hidden, is_step
    cdef public double share
    cdef public Py_ssize_t blocks, chosen, depth, half, linked, most, number, prose, series, size


cdef class Outline:
    cdef public dict nodes
    cdef public list own, prose, sizes
    cdef public Py_ssize_t all_prose
    cdef public bint has_steps
    @cython.locals(i=Py_ssize_t, alike=Py_ssize_t, node=Node, above=Node, order=list, series=list)
    cpdef _count(self, blocks)
    @cython.locals(node=Node, above=Node, levels=list)
    cpdef list levels_to(self, Py_ssize_t headline)
    @cython.locals(node=Node, above=Node)
    cpdef choose(self, chosen)
    @cython.locals(names=list, own=tuple, node=Node, above=Node)
    cpdef list kin(self)
    @cython.locals(node=Node)
    cpdef list parents(self)
    @cython.locals(nodes=dict, node=Node, one=Frame, above=Frame)
    cpdef Node _node(self, Frame frame)
    @cython.locals(numbers=dict, kinds=list, node=Node, kind=tuple)
    cpdef list _series(self, list order)


@cython.locals(missing=list, step=Frame)
cpdef list unknown_above(Frame frame, dict known)


@cython.locals(size=Py_ssize_t, linked=Py_ssize_t, frame=Frame)
cpdef bint is_paragraph(block)


cdef class _Counts:
    cdef public _Counts parent
    cdef public str menu
    cdef public bint is_inside
    cdef public Py_ssize_t blocks, characters, depth, linked, prose
    cpdef bint is_list(self)


@cython.locals(own=list, i=Py_ssize_t, size=Py_ssize_t, frame=Frame, below=_Counts, above=_Counts)
cpdef list _count(blocks, dict frames)


@cython.locals(one=Frame)
cpdef _Counts _below(Frame frame, dict frames)
