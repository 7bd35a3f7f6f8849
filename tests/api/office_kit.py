"""Office files and archives made by hand, part by part, so that a test can also make what no program
would write."""
import io
import zipfile
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = HEAD + ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="xml" ContentType="application/xml"/></Types>')


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """An archive of (name, data) pairs or of a dict; a name may be a ZipInfo."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data)
    return out.getvalue()


def relations(**targets):
    rows = "".join(f'<Relationship Id="{kind}" Type="{R}/{kind.rstrip("0123456789")}" Target="{target}"/>'
                   for kind, target in targets.items())
    return HEAD + f'<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


# --- docx ---
def paragraph(text, style=None, properties="", run=""):
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return (f"<w:p><w:pPr>{style}{properties}</w:pPr>"
            f"<w:r><w:rPr>{run}</w:rPr><w:t xml:space=\"preserve\">{escape(text)}</w:t></w:r></w:p>")


def table(*rows):
    grid = "<w:gridCol/>" * max(len(row) for row in rows)
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblGrid>{grid}</w:tblGrid>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


STYLES = HEAD + f"""<w:styles xmlns:w="{W}">
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="标题 2"/></w:style>
</w:styles>"""


def document(body, namespace=W):
    return HEAD + f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>'


def docx(body, namespace=W, **parts):
    """`parts` adds to the package or replaces: name with / written as __, dots as _."""
    members = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(officeDocument="word/document.xml"),
        "word/document.xml": document(body, namespace),
        "word/_rels/document.xml.rels": relations(styles="styles.xml", **parts.pop("related", {})),
        "word/styles.xml": STYLES.replace(W, namespace),
    }
    return zipped(members | parts.pop("more", {}))


def policy_docx(title, *lines):
    return docx(paragraph(title, "T") + "".join(paragraph(line) for line in lines))


# --- xlsx ---
def column_name(column):
    name = ""
    while True:
        name = chr(65 + column % 26) + name
        column = column // 26 - 1
        if column < 0:
            return name


def cell_xml(row, column, value):
    place = f'r="{column_name(column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c {place}><v>{value!r}</v></c>"
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(rows, after="", before=""):
    body = "".join(f'<row r="{n}">' + "".join(cell_xml(n, i, v) for i, v in enumerate(row)) + "</row>"
                   for n, row in enumerate(rows, 1))
    return HEAD + f'<worksheet xmlns="{S}">{before}<sheetData>{body}</sheetData>{after}</worksheet>'


def xlsx(sheets, **more):
    """`sheets` gives each sheet's rows, or its XML."""
    members = {"[Content_Types].xml": TYPES, "_rels/.rels": relations(officeDocument="xl/workbook.xml")}
    listed, targets = "", {}
    for n, (name, rows) in enumerate(sheets.items(), 1):
        listed += f'<sheet name="{escape(name)}" sheetId="{n}" r:id="worksheet{n}"/>'
        targets[f"worksheet{n}"] = f"worksheets/sheet{n}.xml"
        members[f"xl/worksheets/sheet{n}.xml"] = rows if isinstance(rows, (str, bytes)) else sheet(rows)
    members["xl/workbook.xml"] = HEAD + (f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{listed}</sheets>'
                                         "</workbook>")
    members["xl/_rels/workbook.xml.rels"] = relations(**targets, **more.pop("related", {}))
    return zipped(members | more.pop("more", {}))


def answers_xlsx(*rows, columns=("问题", "答案")):
    return xlsx({"答复": [columns, *rows]})
