"""PDF files made by hand, for the tests: text at chosen places, pictures of text, and broken ones.

No font is embedded: what is written is told by the ToUnicode table, as pdftotext reads it.
"""
import hashlib
import io
import struct
import zlib

from PIL import Image, ImageDraw, ImageFont

A4 = (595, 842)
FONT_FILE = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def width_of(char):
    return 1000 if ord(char) > 0x2000 else 500


def ems(text):
    return sum(map(width_of, text)) / 1000


class Page:
    """Lines of text by their left side and baseline, in points from the upper left corner."""

    def __init__(self):
        self.lines, self.picture = [], None

    def line(self, left, top, text, size=16):
        self.lines.append((left, top, size, text))
        return self

    def paragraph(self, top, text, left=80, columns=27, size=16, leading=28, indent=2):
        """Full lines of so many characters, the first one indented; gives the next free place."""
        room = columns - indent
        while text:
            line, text = text[:room], text[room:]
            self.line(left + (columns - room) * size, top, line, size)
            room, top = columns, top + leading
        return top


class Pdf:
    def __init__(self, *pages, javascript=False, password=None, permissions=-4):
        self.pages, self.javascript = list(pages) or [Page()], javascript
        self.password, self.permissions = password, permissions
        self.objects = []

    def _add(self, body, stream=None):
        self.objects.append((body, stream))
        return len(self.objects)

    def _font(self):
        chars = sorted({char for page in self.pages for line in page.lines for char in line[3]})
        self.codes = {char: number + 1 for number, char in enumerate(chars)}
        rows = "\n".join(f"<{code:04X}> <{char.encode('utf-16-be').hex()}>"
                         for char, code in self.codes.items())
        blocks = rows.split("\n") if rows else []
        mapped = "".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar\n"
                         for part in (blocks[i:i + 100] for i in range(0, len(blocks), 100)))
        table = ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /T def\n"
                 "1 begincodespacerange <0000> <FFFF> endcodespacerange\n" + mapped +
                 "endcmap CMapName currentdict /CMap defineresource pop end end")
        unicode = self._add("", table.encode())
        narrow = " ".join(f"{code} [500]" for char, code in self.codes.items()
                          if width_of(char) == 500)
        descriptor = self._add("/Type /FontDescriptor /FontName /Song /Flags 4 /FontBBox [0 -200 1000 "
                               "900] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80")
        inner = self._add("/Type /Font /Subtype /CIDFontType2 /BaseFont /Song /CIDSystemInfo "
                          "<</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /DW 1000 "
                          f"/W [{narrow}] /FontDescriptor {descriptor} 0 R")
        return self._add("/Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H "
                         f"/DescendantFonts [{inner} 0 R] /ToUnicode {unicode} 0 R")

    def _content(self, page):
        parts = []
        for left, top, size, text in page.lines:
            code = "".join(f"{self.codes[char]:04X}" for char in text)
            parts.append(f"BT /F1 {size} Tf {left:.2f} {A4[1] - top:.2f} Td <{code}> Tj ET")
        if page.picture:
            parts.append(f"q {A4[0]} 0 0 {A4[1]} 0 0 cm /P1 Do Q")
        return "\n".join(parts).encode()

    def _picture(self, page):
        if not page.picture:
            return ""
        width, height, pixels = page.picture
        number = self._add(f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
                           "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode",
                           zlib.compress(pixels, 1))
        return f"/XObject <</P1 {number} 0 R>>"

    def bytes(self):
        self.objects = []
        catalog, tree = self._add(""), self._add("")
        font = self._font()
        kids = []
        for page in self.pages:
            picture = self._picture(page)
            content = self._add("", self._content(page))
            kids.append(self._add(f"/Type /Page /Parent {tree} 0 R /MediaBox [0 0 {A4[0]} {A4[1]}] "
                                  f"/Resources <</Font <</F1 {font} 0 R>> {picture}>> "
                                  f"/Contents {content} 0 R"))
        refs = " ".join(f"{kid} 0 R" for kid in kids)
        script = ("/Names <</JavaScript <</Names [(a) <</S /JavaScript /JS (app.alert\\(1\\))>>]>>>>"
                  if self.javascript else "")
        self.objects[catalog - 1] = (f"/Type /Catalog /Pages {tree} 0 R {script}", None)
        self.objects[tree - 1] = (f"/Type /Pages /Count {len(kids)} /Kids [{refs}]", None)
        return self._write(catalog)

    # --- the file ---
    def _encryption(self):
        """The standard handler of PDF 1.4: RC4 of 40 bits is enough to lock a test's door."""
        user = (self.password or "").encode() + PAD
        self.identity = hashlib.md5(b"test").digest()
        owner_key = hashlib.md5((b"owner" + PAD)[:32]).digest()[:5]
        owner = rc4(owner_key, user[:32])
        seed = user[:32] + owner + struct.pack("<i", self.permissions) + self.identity
        self.key = hashlib.md5(seed).digest()[:5]
        check = rc4(self.key, PAD)
        return (f"/Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{check.hex()}> "
                f"/P {self.permissions}")

    def _locked(self, number, data):
        salt = struct.pack("<I", number)[:3] + b"\0\0"
        return rc4(hashlib.md5(self.key + salt).digest()[:10], data)

    def _write(self, catalog):
        out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
        locked = self.password is not None or self.permissions != -4
        extra = ""
        if locked:
            handler = self._encryption()
            extra = (f" /Encrypt {len(self.objects) + 1} 0 R "
                     f"/ID [<{self.identity.hex()}> <{self.identity.hex()}>]")
        for number, (body, stream) in enumerate(self.objects, 1):
            places.append(len(out))
            if stream is None:
                out += f"{number} 0 obj <<{body}>> endobj\n".encode()
            else:
                data = self._locked(number, stream) if locked else stream
                out += f"{number} 0 obj <<{body} /Length {len(data)}>> stream\n".encode()
                out += data + b"\nendstream endobj\n"
        if locked:
            places.append(len(out))
            out += f"{len(places)} 0 obj <<{handler}>> endobj\n".encode()
        table = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += (f"trailer <</Size {len(places) + 1} /Root {catalog} 0 R{extra}>>\n"
                f"startxref\n{table}\n%%EOF\n").encode()
        return bytes(out)


def rc4(key, data):
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


# --- pictures of text ---
def picture_of(lines, dpi=200):
    """A sheet of A4 with lines of 16 points, as a scanner gives it."""
    sheet = Image.new("L", (A4[0] * dpi // 72, A4[1] * dpi // 72), 255)
    font = ImageFont.truetype(FONT_FILE, 16 * dpi // 72, index=2)
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(lines):
        draw.text((80 * dpi // 72, (120 + 30 * number) * dpi // 72), text, fill=0, font=font)
    return sheet


def scanned_page(lines):
    sheet = picture_of(lines)
    page = Page()
    page.picture = (sheet.width, sheet.height, sheet.tobytes())
    return page


def png_of(lines):
    out = io.BytesIO()
    picture_of(lines).save(out, "PNG")
    return out.getvalue()
