# The types of cleaners/classify/kinds.py where it is compiled: its sums as a struct, counted without objects.

cimport cython

from cleaners.html.blocks cimport Frame


cdef class _Sums:
    cdef public list frames, above, sizes, linked_sizes, prose_sizes, titled, paragraphs
    cdef public dict numbers
    cdef public Py_ssize_t links, headlines, titles, characters, linked, prose
    @cython.locals(frame=Frame, text=str, size=Py_ssize_t, linked=Py_ssize_t, own=Py_ssize_t)
    cpdef add(self, blocks)
    @cython.locals(one=Frame, own=Py_ssize_t)
    cpdef Py_ssize_t number(self, Frame frame) except -1
    @cython.locals(number=Py_ssize_t, above=Py_ssize_t)
    cpdef add_up(self)
