# cython: language_level=3
"""What `nodes.py` has, compiled, on libxml2's own nodes. No pointer to a node outlives a call, and no call changes the
tree. Nothing recurses."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.ref cimport PyObject
from lxml.includes cimport tree
from lxml.includes.etreepublic cimport (
    _Element,
    attributeValue,
    elementFactory,
    import_lxml__etree,
    namespacedNameFromNsName,
    pyunicode,
    tailOf,
    textOf,
)

# refuses an lxml that this was not compiled for
import_lxml__etree()

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cdef enum:
    SLOTS = 256


cdef struct Slot:
    tree.const_xmlChar* name
    PyObject* found


cdef struct Names:
    # what a dictionary has for names, and what was found: libxml2 keeps a page's names in one place each
    PyObject* known
    Slot slots[SLOTS]


cdef void _begin(Names* names, dict known) noexcept:
    names.known = <PyObject*>known
    for slot in range(SLOTS):
        names.slots[slot].name = NULL


cdef PyObject* _find(Names* names, tree.xmlNode* node) except? NULL:
    """Return what is known of the name of an element or attribute, NULL for nothing."""
    cdef tree.const_xmlChar* space = tree._getNs(node)
    cdef Slot* slot = &names.slots[(<size_t>node.name >> 3) % SLOTS]
    if space != NULL:
        return PyDict_GetItemWithError(<dict>names.known, namespacedNameFromNsName(space, node.name))
    if slot.name != node.name:
        slot.found = PyDict_GetItemWithError(<dict>names.known, pyunicode(node.name))
        slot.name = node.name
    return slot.found


cdef inline tree.xmlNode* _element(tree.xmlNode* node) noexcept:
    """Return the first element of a node and the siblings behind it."""
    while node != NULL and node.type != tree.XML_ELEMENT_NODE:
        node = node.next
    return node


cdef inline tree.xmlNode* _top(_Element root) noexcept:
    """Return the node of an element, NULL for a comment."""
    return root._c_node if root._c_node != NULL and root._c_node.type == tree.XML_ELEMENT_NODE else NULL


cdef inline tree.xmlNode* _around(tree.xmlNode* node) noexcept:
    """Return the element around one."""
    node = node.parent
    return node if node != NULL and node.type == tree.XML_ELEMENT_NODE else NULL


cdef tree.xmlNode* _next(tree.xmlNode* node, tree.xmlNode* top) noexcept:
    """Return the next element inside `top` in page order."""
    cdef tree.xmlNode* following = _element(node.children)
    while following == NULL and node != top:
        following = _element(node.next)
        node = node.parent
    return following


cdef list _path(tree.xmlNode* node):
    """Return the addresses of the elements around one, the outermost first."""
    cdef list path = []
    node = _around(node)
    while node != NULL:
        path.append(<size_t>node)
        node = _around(node)
    return path[::-1]


cdef str _value(tree.xmlNode* node, tree.xmlAttr* attribute):
    cdef tree.xmlNode* text = attribute.children
    if text == NULL:
        return ""
    if text.next == NULL and text.type == tree.XML_TEXT_NODE and text.content != NULL:
        return pyunicode(text.content)
    return attributeValue(node, attribute)


def having(_Element root not None, names, str tag="*"):
    """Return the elements of a tag that have one of some attributes, in page order: those in `root`, and itself."""
    cdef Names by_tag, by_name
    cdef tree.xmlNode* node = _top(root)
    cdef tree.xmlAttr* attribute
    cdef bint is_any = tag == "*"
    cdef dict tags = {tag: True}, wanted = dict.fromkeys(names, True)
    cdef list found = []
    _begin(&by_tag, tags)
    _begin(&by_name, wanted)
    while node != NULL:
        attribute = node.properties
        while attribute != NULL:
            if _find(&by_name, <tree.xmlNode*>attribute) != NULL:
                if is_any or _find(&by_tag, node) != NULL:
                    found.append(elementFactory(root._doc, node))
                break
            attribute = attribute.next
        node = _next(node, root._c_node)
    return found


cdef class _Pieces:
    """Pieces of text, in UTF-8 and in small letters, of which one is looked for in a text."""

    cdef bint begins[256]
    cdef tuple pieces

    def __init__(self, pieces):
        self.pieces = tuple(pieces)
        for byte in range(256):
            self.begins[byte] = False
        for piece in self.pieces:
            self.begins[<unsigned char>piece[0]] = self.begins[<unsigned char>piece.upper()[0]] = True

    cdef bint are_in(self, tree.const_xmlChar* text):
        while text[0]:
            if self.begins[text[0]] and self._begin(text):
                return True
            text += 1
        return False

    cdef bint _begin(self, tree.const_xmlChar* text):
        """Tell whether a text begins with one of the pieces."""
        cdef bytes piece
        cdef const unsigned char* letters
        cdef unsigned char letter
        cdef Py_ssize_t at
        for piece in self.pieces:
            letters = piece
            at = 0
            while letters[at]:
                letter = text[at]
                if b"A" <= letter <= b"Z":
                    letter += 32
                if letter != letters[at]:
                    break
                at += 1
            if not letters[at]:
                return True
        return False

    cdef bint are_in_value(self, tree.xmlNode* node, tree.xmlAttr* attribute):
        cdef tree.xmlNode* text = attribute.children
        cdef bytes value
        if not self.pieces:
            return True
        if text == NULL:
            return False
        if text.next == NULL and text.type == tree.XML_TEXT_NODE and text.content != NULL:
            return self.are_in(text.content)
        value = attributeValue(node, attribute).encode()
        return self.are_in(<const unsigned char*>value)


cdef class Signs:
    """What elements that may tell something have at least: one of some tags, a piece of text in an attribute, or a
    piece of text of their own."""

    cdef dict tags, names
    cdef _Pieces words
    cdef bint is_any

    def __init__(self, tags=(), names=None, words=()):
        self.tags = dict.fromkeys(tags, True)
        self.names = {name: _Pieces(pieces) for name, pieces in (names or {}).items()}
        self.words = _Pieces(words)
        self.is_any = "*" in self.tags

    cdef bint _hold(self, tree.xmlNode* node, Names* by_tag, Names* by_name) except -1:
        cdef tree.xmlAttr* attribute = node.properties
        cdef tree.xmlNode* text
        cdef PyObject* pieces
        if self.is_any or self.tags and _find(by_tag, node) != NULL:
            return True
        while attribute != NULL:
            pieces = _find(by_name, <tree.xmlNode*>attribute)
            if pieces != NULL and (<_Pieces>pieces).are_in_value(node, attribute):
                return True
            attribute = attribute.next
        if self.words.pieces:
            text = node.children
            while text != NULL:
                if text.type == tree.XML_TEXT_NODE or text.type == tree.XML_CDATA_SECTION_NODE:
                    if text.content != NULL and self.words.are_in(text.content):
                        return True
                text = text.next
        return False

    def find(self, _Element root not None, _Element origin=None, reach=None):
        """Return the elements in `root`, and itself, that have one, in page order, each with its number, counted from
        `origin`: what stands before that has a number below 0. `reach`: the first and the last number that are looked
        at."""
        cdef Names by_tag, by_name
        cdef tree.xmlNode* node = _top(root)
        cdef Py_ssize_t number = 0, first, last
        cdef list found = []
        if origin is not None:
            while node != NULL and node != origin._c_node:
                number -= 1
                node = _next(node, root._c_node)
            number = 0 if node == NULL else number
            node = _top(root)
        first, last = (number, PY_SSIZE_T_MAX) if reach is None else reach
        _begin(&by_tag, self.tags)
        _begin(&by_name, self.names)
        while node != NULL and number <= last:
            if number >= first and self._hold(node, &by_tag, &by_name):
                found.append((number, elementFactory(root._doc, node)))
            number += 1
            node = _next(node, root._c_node)
        return found


cdef inline bint _is_text(tree.xmlNode* node) noexcept:
    return (
        node != NULL
        and (node.type == tree.XML_TEXT_NODE or node.type == tree.XML_CDATA_SECTION_NODE)
        and node.content != NULL
    )


cdef bint _is_blank(tree.const_xmlChar* text) except -1:
    cdef unsigned char letter
    cdef Py_ssize_t at = 0
    while text[at]:
        letter = text[at]
        if letter > 127:
            return not pyunicode(text).strip()
        if not (letter == 32 or 9 <= letter <= 13 or 28 <= letter <= 31):
            return False
        at += 1
    return True


cdef str _joined(tree.xmlNode* first, tree.xmlNode* last):
    cdef list pieces = [pyunicode(first.content)]
    while first != last:
        first = first.next
        pieces.append(pyunicode(first.content))
    return "".join(pieces)


def texts(_Element root not None, without not None):
    """Return the texts in an element that are more than space, except what is inside elements of some tags in it."""
    cdef Names by_tag
    cdef dict known = dict.fromkeys(without, True)
    cdef tree.xmlNode* node = root._c_node.children
    cdef tree.xmlNode* first
    cdef bint is_blank
    cdef list found = []
    _begin(&by_tag, known)
    while node != NULL:
        if _is_text(node):
            # what an element that was taken out stood between is one text
            first, is_blank = node, _is_blank(node.content)
            while _is_text(node.next):
                node = node.next
                is_blank = is_blank and _is_blank(node.content)
            if not is_blank:
                found.append(_joined(first, node))
        elif node.type == tree.XML_ELEMENT_NODE and node.children != NULL and _find(&by_tag, node) == NULL:
            node = node.children
            continue
        while node.next == NULL:
            node = node.parent
            if node == root._c_node:
                return found
        node = node.next
    return found


cdef str _tag(Names* names, tree.xmlNode* node):
    """Return the tag of an element, from what is known of names or for the first time."""
    cdef PyObject* found = _find(names, node)
    cdef dict known
    if found != NULL:
        return <str>found
    tag = namespacedNameFromNsName(tree._getNs(node), node.name)
    known = <dict>names.known
    known[tag] = tag
    names.slots[(<size_t>node.name >> 3) % SLOTS].name = NULL
    return tag


def steps(_Element root not None, without):
    """Return where an element and those in it begin and end, in page order, without what is inside elements of some
    tags. A beginning is the tag, the element and its text; an end is None, the element and the text behind it."""
    cdef Names names
    cdef dict known = {}
    cdef tree.xmlNode* node = _top(root)
    cdef tree.xmlNode* following
    cdef list found = []
    cdef str tag
    _begin(&names, known)
    while node != NULL:
        tag = _tag(&names, node)
        following = NULL
        if tag in without:
            found.append((tag, elementFactory(root._doc, node), None))
        else:
            found.append((tag, elementFactory(root._doc, node), textOf(node)))
            following = _element(node.children)
        while following == NULL:
            found.append((None, elementFactory(root._doc, node), tailOf(node)))
            if node == root._c_node:
                return found
            following = _element(node.next)
            node = node.parent
        node = following
    return found


cdef class Elements:
    """The elements in a root, itself, and those around it, by their numbers in page order."""

    cdef _Element root
    cdef readonly list parents, ends
    cdef readonly dict tagged, values
    cdef Py_ssize_t most

    def __init__(self, _Element root not None, tags, dict names not None, Py_ssize_t most):
        cdef Names by_tag, by_name
        cdef tree.xmlNode* top = root._c_node
        cdef tree.xmlNode* node = _top(root)
        cdef tree.xmlNode* following
        cdef dict wanted
        self.root, self.parents, self.ends, self.most = root, [], [], most
        self.tagged, self.values = {tag: [] for tag in tags}, {name: {} for name in names}
        _begin(&by_tag, self.tagged)
        wanted = {name: (by_value, names[name]) for name, by_value in self.values.items()}
        _begin(&by_name, wanted)
        above = -1
        for address in _path(top):
            above = self._add(<tree.xmlNode*><size_t>address, above, &by_tag, &by_name)
        while node != NULL:
            number = self._add(node, above, &by_tag, &by_name)
            following = _element(node.children)
            if following != NULL:
                above = number
            while following == NULL and node != top:
                following = _element(node.next)
                if following == NULL:
                    self.ends[above] = self.ends[-1]
                    node, above = node.parent, self.parents[above]
            node = following
        while above >= 0:
            self.ends[above] = self.ends[-1]
            above = self.parents[above]

    cdef _add(self, tree.xmlNode* node, above, Names* by_tag, Names* by_name):
        """Return the number of an element that is added."""
        cdef tree.xmlAttr* attribute = node.properties
        cdef PyObject* found = _find(by_tag, node)
        cdef dict by_value
        cdef set others
        cdef str value
        number = len(self.parents)
        self.parents.append(above)
        self.ends.append(number)
        if found != NULL:
            (<list>found).append(number)
        while attribute != NULL:
            found = _find(by_name, <tree.xmlNode*>attribute)
            if found != NULL:
                by_value, others = <tuple>found
                value = _value(node, attribute)
                if len(value) > self.most:
                    value = value[:self.most]
                if value not in others:
                    found = PyDict_GetItemWithError(by_value, value)
                    if found == NULL:
                        by_value[value] = [number]
                    else:
                        (<list>found).append(number)
            attribute = attribute.next
        return number

    def take(self, numbers):
        """Return elements by their numbers. Since they were numbered the tree must not have changed."""
        cdef tree.xmlNode* node = self.root._c_node
        cdef list wanted = sorted({*numbers}), path = _path(node)
        cdef Py_ssize_t number = 0, around = len(path), one
        cdef dict taken = {}
        if around:
            node = <tree.xmlNode*><size_t>path[0]
        for one in wanted:
            while number < one and node != NULL:
                number += 1
                if number > around:
                    node = _next(node, self.root._c_node)
                else:
                    node = <tree.xmlNode*><size_t>path[number] if number < around else self.root._c_node
            if node == NULL:
                break
            taken[one] = elementFactory(self.root._doc, node)
        return taken
