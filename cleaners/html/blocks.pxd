# The types of cleaners/html/blocks.py where it is compiled: its classes as structs, and its methods without look-ups.

cdef dict _TRAITS
cdef int _IS_BLOCK, _MAY_BE_CODE, _IS_CELL, _IS_MARKED, _IS_LINK, _IS_BOLD, _IS_ITALIC
cdef int _MAY_BE_NOTE, _IS_BREAK, _IS_READING, _FILLS, _IS_PICTURE, _IS_INSET
cdef int _IS_UNREAD, _IS_SILENT, _IS_RENAMED, _IS_IMAGE
cdef int _SEPARATES, _IS_RARE, _HAS_END


cdef class Step:
    cdef public str tag, path
    cdef public Step parent
    cdef public dict children
    cdef public Py_ssize_t number, depth
    cpdef str _last(self)
    cpdef str _end(self)


cdef class Mark:
    cdef public str rule
    cdef public Step step


cdef class Frame:
    cdef public object element, mark_of_note
    cdef public str tag
    cdef public Frame parent
    cdef public Mark mark
    cdef public Step step
    cdef public list words, marks
    cdef public Py_ssize_t linked, bold, italic, order, breaks, items, number, table
    cdef public bint from_zero, is_parted


cdef class _Reader:
    cdef public dict marks, places, aside
    cdef public list insets, blocks, unread, frames, steps, inside
    cdef public Frame frame
    cdef public Py_ssize_t links, bold, italic, begun, tables, side_notes
    cdef public bint picture, is_code
    cdef public object whole
    cdef public str glue
    cpdef bint meet(self, element, int traits)
    cpdef leave(self, element)
    cpdef note(self, element)
    cpdef start(self, element, str tag, int traits)
    cpdef start_in_whole(self, element, str tag, int traits)
    cpdef separate(self, element, int traits)
    cpdef end(self, element, int traits)
    cpdef row_of(self, cell)
    cpdef end_cell(self, cell)
    cpdef write_mark(self, element, int traits, Py_ssize_t by)
    cpdef Frame open(self, element, str tag)
    cpdef close(self)
    cpdef number(self, Frame item, Frame ol)
    cpdef set_aside(self, element, str tag)
    cpdef part(self, Frame frame)
    cpdef end_line(self)
    cpdef add(self, str text)
    cpdef bint is_layout(self, Frame frame)
    cpdef flush(self, Frame frame)
