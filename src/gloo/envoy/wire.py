"""Protobuf's wire format, as far as serialised messages are put together from serialised parts.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

_LENGTH_DELIMITED = 2


def tag(message: type, field: str) -> bytes:
    """Return what stands before the length of *field*, a text or a message, of the protobuf class *message*."""
    number: int = message.DESCRIPTOR.fields_by_name[field].number  # type: ignore[attr-defined]  # untyped protobuf class
    return _varint(number << 3 | _LENGTH_DELIMITED)


def framed(tag: bytes, body: bytes) -> bytes:
    """Return the field of *tag* with *body* in it."""
    return tag + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    """Encode *number*: base 128, low bits first."""
    if number < 0x80:
        return bytes((number,))
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
