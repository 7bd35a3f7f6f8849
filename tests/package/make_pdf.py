"""Writes a PDF of Chinese text in a font that is not embedded, as office programs of old did: reading it
needs poppler's tables of Chinese. For the package's test.

    make_pdf.py FILE
"""
import sys

LINES = ["安澜市临时停车收费管理办法", "第一条 为规范临时停车收费，制定本办法。",
         "第二条 道路临时停车每小时收费三元，前三十分钟免费。",
         "第三条 本办法自二〇二四年一月一日起施行。"]


def text_stream():
    parts = ["BT /F1 14 Tf 72 760 Td 24 TL"]
    parts += [f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in LINES]
    return "\n".join(parts + ["ET"]).encode()


def write(path):
    stream = text_stream()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H"
        b" /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]"
        b" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    with open(path, "wb") as file:
        file.write(out)


write(sys.argv[1])
