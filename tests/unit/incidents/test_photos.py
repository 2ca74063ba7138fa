"""What is made of a file: a clean photo, or a refusal that says what it is. Whatever comes, the program goes on."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clearway_incidents.domain.errors import NotAPhoto
from clearway_incidents.domain.photo import PHOTOS, Photo, kind_of
from clearway_incidents.photos import decoder
from clearway_incidents.photos.cleaning import Cleaning
from clearway_testing.photos import PLACE, TURNED, photo, picture

KINDS = ("JPEG", "PNG", "WEBP")
CLEANING = Cleaning()


async def cleaned(sent: bytes) -> Photo:
    CLEANING.check_kind(sent)
    return await CLEANING.photo_of(sent)


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def halves(content: bytes) -> tuple[str, str]:
    """The colours of the left and of the right edge, in the middle of their height."""
    image = opened(content)
    edges = [image.getpixel((x, image.height // 2)) for x in (1, image.width - 2)]
    left, right = ["red" if one[0] > one[2] else "blue" for one in edges if isinstance(one, tuple)]
    return left, right


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_left_but_the_pixels(kind: str) -> None:
    sent = photo(kind, 640, 480, quality=90) if kind != "PNG" else photo(kind, 640, 480)
    assert kind_of(sent) in PHOTOS
    before = opened(sent)
    assert before.getexif()
    made = await cleaned(sent)
    for content in (made.image, made.thumbnail):
        after = opened(content)
        assert (after.format, after.mode, dict(after.getexif())) == ("JPEG", "RGB", {})
        # What the decoder says of any JPEG: the kind of its header, and its density.
        assert set(after.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for word in (PLACE.encode(), b"Exif", b"http://ns.adobe.com", b"xmp", b"ICC_PROFILE", b"Photoshop"):
            assert word not in content
    assert halves(made.image) == ("red", "blue")
    assert (made.width, made.height) == (640, 480)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_turned_upright(kind: str) -> None:
    made = await cleaned(photo(kind, 64, 48, orientation=TURNED))
    assert (made.width, made.height) == (48, 64)
    image = opened(made.image)
    top, bottom = [image.getpixel((image.width // 2, y)) for y in (1, image.height - 2)]
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > top[2], bottom[2] > bottom[0]) == (True, True)


async def test_a_large_one_is_made_smaller() -> None:
    made = await cleaned(photo("JPEG", 4000, 3000))
    assert (made.width, made.height) == (2560, 1920)
    assert max(opened(made.thumbnail).size) == 320
    assert halves(made.thumbnail) == ("red", "blue")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
async def test_every_kind_of_pixel_is_read(mode: str) -> None:
    written = BytesIO()
    source = picture(320, 200)
    if mode == "I;16":
        source = source.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    source.convert(mode).save(written, "JPEG" if mode == "CMYK" else "PNG")
    image = opened((await cleaned(written.getvalue())).image)
    assert (image.size, image.mode) == ((320, 200), "RGB")
    if mode == "I;16":
        left, right = image.getpixel((1, 100)), image.getpixel((318, 100))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert 60 < left[0] < 90
        assert 30 < right[0] < 60


async def test_what_is_transparent_is_white() -> None:
    written = BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(written, "PNG")
    assert opened((await cleaned(written.getvalue())).image).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_hangs_behind_it_is_gone(kind: str) -> None:
    hidden = BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("hidden.html", "<script>alert(1)</script>")
    tail = b"<html><script>alert(1)</script></html>" + hidden.getvalue()
    sent = photo(kind) + tail
    assert zipfile.is_zipfile(BytesIO(sent))
    made = await cleaned(sent)
    assert b"script" not in made.image + made.thumbnail
    assert not zipfile.is_zipfile(BytesIO(made.image))
    assert made.image == (await cleaned(photo(kind))).image


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (b"", "nothing"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00", "a film"),
        (b"GIF89a\x01\x00", "GIF"),
        (b"%PDF-1.7", "PDF"),
        (b"<?xml version='1.0'?><svg/>", "a page or a drawing"),
        (b"<!DOCTYPE html><script>", "a page or a drawing"),
        (b"PK\x03\x04", "ZIP"),
        (b"MZ\x90\x00", "a program"),
        (b"just words", "no kind of file"),
    ],
)
def test_what_is_no_photo_is_named(sent: bytes, named: str) -> None:
    with pytest.raises(NotAPhoto, match=named) as refused:
        CLEANING.check_kind(sent)
    assert "Send a JPEG" in refused.value.detail
    assert ("Save it as JPEG" in refused.value.detail) is (named in ("HEIC", "GIF"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
async def test_a_part_of_a_photo_is_refused(kind: str, part: float) -> None:
    sent = photo(kind, 640, 480)
    with pytest.raises(NotAPhoto, match="damaged, or was cut off"):
        await cleaned(sent[: int(len(sent) * part)])


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that becomes this many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packed = zlib.compressobj(9)
    rows = b"".join([packed.compress(bytes(1 + (width + 7) // 8)) for _ in range(height)]) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_bomb_is_refused() -> None:
    sent = bomb(30_000, 30_000)
    assert len(sent) < 1_000_000
    with pytest.raises(NotAPhoto, match="50 million"):
        await cleaned(sent)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bound no memory")
async def test_what_takes_too_much_memory_ends_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A WebP says how large it is, and the library takes the memory before anyone can ask."""
    frame = b"VP8X" + struct.pack("<I", 10) + bytes([0x02, 0, 0, 0]) + b"\xfe\x3f\x00" * 2
    sent = b"RIFF" + struct.pack("<I", len(frame) + 4) + b"WEBP" + frame
    with pytest.raises(NotAPhoto):
        await cleaned(sent)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bound no memory")
async def test_the_largest_photo_fits_into_its_memory() -> None:
    written = BytesIO()
    side = int(decoder.MOST_PIXELS**0.5)
    Image.new("RGBA", (side, side), (1, 2, 3, 128)).save(written, "PNG", compress_level=1)
    made = await cleaned(written.getvalue())
    assert (made.width, made.height) == (2560, 2560)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=40),
    cut=st.integers(0, 5000),
)
def test_what_is_damaged_is_refused_or_clean(kind: str, changes: list[tuple[int, int]], cut: int) -> None:
    """In this process, so that many are tried: nothing but an exception may come of it, or a clean photo."""
    sent = bytearray(photo(kind))
    for place, value in changes:
        sent[place % len(sent)] = value
    try:
        image, thumbnail = decoder.cleaned(bytes(sent[: len(sent) - cut % len(sent) // 4]))
    except Exception:  # the decoder's own, which the program answers with a refusal
        return
    assert (image.mode, image.info, thumbnail.info) == ("RGB", {}, {})
    assert PLACE.encode() not in decoder.as_jpeg(image)


@settings(max_examples=200)
@given(st.binary(max_size=600))
def test_any_bytes_have_a_kind(sent: bytes) -> None:
    assert kind_of(sent)
