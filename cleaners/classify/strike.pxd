# The types of cleaners/classify/strike.py where it is compiled: it reads numpy's arrays where they lie.

cimport cython


@cython.locals(n=Py_ssize_t, t=Py_ssize_t, out="double[:, ::1]")
cpdef worth(const unsigned char[:, ::1] leaves, const double[:, ::1] value)


@cython.locals(
    count=Py_ssize_t, width=Py_ssize_t, first=Py_ssize_t, here=Py_ssize_t, n=Py_ssize_t, k=Py_ssize_t, t=Py_ssize_t,
    column=Py_ssize_t, bound=float, bits=int, some="float[:, ::1]", out="int[::1]",
)
cpdef strike(
    const float[:, ::1] rows,
    const int[:, ::1] feature,
    const float[:, ::1] threshold,
    const unsigned short[:, ::1] struck,
    const unsigned char[::1] first_left,
    unsigned char[:, ::1] leaves,
)
