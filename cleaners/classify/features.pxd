# The types of cleaners/classify/features.py where it is compiled: rows are written as numbers of C.

cimport cython
from cleaners.classify.outline cimport Node, Outline

cdef int _PAIRS
cdef dict _BEGINNING, _KIND_PLACES
cdef bytes _BEGINS
cdef Py_ssize_t _WIDE, _PLACE, _ENDS, _MARKED, _WORDS, _HEADLINE, _LENGTH, _UNIT


@cython.locals(
    digits=int, capitals=int, phrases=int, pair=int, place=Py_ssize_t, sign=Py_UCS4, last=Py_UCS4, phrase=str,
    ends=dict,
)
cpdef tuple _count_by_sign(str head, str low)


@cython.locals(
    count=Py_ssize_t, i=Py_ssize_t, k=Py_ssize_t, at=Py_ssize_t, depth=Py_ssize_t, paragraphs=Py_ssize_t,
    so_far=Py_ssize_t, all_paragraphs=Py_ssize_t, all_prose=Py_ssize_t, all_prose_log=double, node=Node, around=Node,
    up=Node, sizes=list, prose=list, logs=list, series=list, links=list, headings=list,
)
cpdef _place(float[::1] sheet, list blocks, Outline outline, list marked)


@cython.locals(
    i=Py_ssize_t, at=Py_ssize_t, count=Py_ssize_t, largest=Py_ssize_t, title_words=Py_ssize_t, own=list, sizes=list,
    in_title=set, same=list, covers=list, again=list, ends=bint, digits=double, capitals=double, phrases=Py_ssize_t,
    stops=Py_ssize_t, is_lower=bint, quotes=bint, colon=bint, question=bint, dated=bint, commas=double,
)
cpdef _word(
    float[::1] sheet, Outline outline, list words, list normals, list wordings, page, list title, list is_title
)


@cython.locals(
    sizes=list, prose=list, count=Py_ssize_t, first_prose=Py_ssize_t, headline=Py_ssize_t, i=Py_ssize_t,
    at=Py_ssize_t, is_past_words=bint, is_between=bint, is_wordy=bint,
)
cpdef _place_by_headline(float[::1] sheet, Outline outline, list words, list is_headline)


@cython.locals(
    levels=list, last=Py_ssize_t, phrases_above=Py_ssize_t, linked_above=double, i=Py_ssize_t, at=Py_ssize_t,
    size=Py_ssize_t, place=Py_ssize_t, node=Node, around=Node, above=Node, box=Node,
)
cpdef _unit(float[::1] sheet, list blocks, Outline outline, list wordings, list is_headline)


@cython.locals(node=Node, count=Py_ssize_t, width=Py_ssize_t, packed=list)
cpdef _flags(list nodes)


@cython.locals(
    same=list, covers=list, sets=list, i=Py_ssize_t, size=Py_ssize_t, shared=Py_ssize_t, own=set,
    description=frozenset, described=set,
)
cpdef tuple _description(list words, descriptions)


@cython.locals(heads=set, second=dict, own=list, places=dict, i=Py_ssize_t, k=Py_ssize_t, some=list, repeated=dict)
cpdef list _again(list words, list sizes)
