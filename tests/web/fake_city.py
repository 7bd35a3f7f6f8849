"""The answers of the fake server: a small city with one document of each sort.

Only shapes and stories matter here, never knowledge: the real sample city is data/sample.
"""

LABEL = "以上内容由人工智能检索从已审核资料中原文给出，未作改写，请以办理部门解释为准"

SITE = {
    "name": "安澜市",
    "platform": "安澜市政务服务智能问答",
    "hotline": "12345",
    "hotline_hours": "24小时",
    "region": "990100",
    "region_name": "安澜市",
    "notice": "本平台由安澜市政务服务和数据管理局主办，回答仅供办事参考，具体以受理部门答复为准。",
    "entries": 118,
    "counts": {"law": 30, "policy": 12, "guide": 26, "answer": 50},
    "version": "0.1.0",
    "updated_on": "2026-11-22",
    "model_name": "",
    "model_filing": "",
    "algorithm_filing": "",
    "operator": "安澜市政务服务和数据管理局",
    "complaint_url": "",
    "complaint_phone": "0999-6212345",
    "complaint_days": 15,
    "privacy_contact": "安澜市政务服务和数据管理局，0999-6212345",
    "record_days": 180,
    "icp": "",
}

# far enough ahead for the browser's own clock
LONG_FROM_NOW_MS = 4102444800000
NOTICE = {
    "id": 77,
    "title": "老城街道部分小区11月22日停水公告",
    "level": "red",
    "level_name": "红",
    "region": "990102",
    "region_name": "临江区",
    "issued_at": 1795276800000,
    "expires_at": LONG_FROM_NOW_MS,
    "issuer": "安澜市水务局",
    "phone": "0999-6296116",
    "text": "因管道抢修，老城街道以下小区停水至11月22日20:00：\n- 安宁小区\n- 云帆小区",
    "clause": 0,
}
NOTICES = [
    NOTICE,
    {**NOTICE, "id": 78, "title": "关于防范寒潮低温冰冻的公告", "level": "yellow", "level_name": "黄",
     "region": "990100", "region_name": "安澜市", "issuer": "安澜市应急管理局"},
    {**NOTICE, "id": 79, "title": "系统升级公告", "level": "normal", "level_name": "一般"},
]


def place(id, name, kind, box, items=(), note=""):
    left, top, width, height = box
    return {"id": id, "name": name, "kind": "window" if kind == "窗口" else "other", "kind_name": kind,
            "left": left, "top": top, "width": width, "height": height, "note": note,
            "items": [{"code": code, "title": title, "entry": entry} for code, title, entry in items]}


HALL = {
    "id": 5,
    "code": "H-990100-01",
    "name": "安澜市政务服务中心",
    "region": "990100",
    "region_name": "安澜市",
    "level": "市级",
    "address": "安澜市望湖区云帆大道188号",
    "phone": "0999-6212300",
    "hours": "工作日9:00—12:00、13:30—17:30",
    "traffic": "公交8路“市政务服务中心”站",
    "access": "正门有坡道",
    "note": "",
}
FLOORS = [
    {"floor": -1, "places": [place(91, "停车场入口", "入口", (20, 450, 80, 100))]},
    {"floor": 1, "places": [
        place(92, "南门（正门）", "入口", (440, 940, 120, 50)),
        place(93, "A区", "等候区", (200, 300, 150, 380)),
        place(94, "A01—A04窗口", "窗口", (60, 530, 120, 90), [("AL-RS-002", "失业登记", 0)], "养老保险"),
    ]},
    {"floor": 2, "places": [
        place(95, "B12—B15窗口", "窗口", (60, 210, 120, 100),
              [("AL-RS-003", "社会保障卡补领、换领", 30)], "周六上午可以办"),
        place(96, "二楼卫生间", "卫生间", (60, 80, 110, 80)),
    ]},
]
HALLS = [
    HALL,
    {**HALL, "id": 6, "code": "H-990102-01", "name": "临江区政务服务中心", "region": "990102",
     "region_name": "临江区", "address": "安澜市临江区沿江大道211号"},
]

REGIONS = [
    {"code": "990100", "name": "安澜市", "parent": "990000", "level": "city"},
    {"code": "990102", "name": "临江区", "parent": "990100", "level": "district"},
    {"code": "990103", "name": "望湖区", "parent": "990100", "level": "district"},
    {"code": "990104", "name": "青岚区", "parent": "990100", "level": "district"},
    {"code": "990105", "name": "高新区", "parent": "990100", "level": "district"},
    {"code": "990121", "name": "石桥县", "parent": "990100", "level": "district"},
    {"code": "990102001", "name": "滨江街道", "parent": "990102", "level": "street"},
    {"code": "990102002", "name": "老城街道", "parent": "990102", "level": "street"},
]

SUGGESTIONS = [
    {"question": "社保卡丢了怎么补办？", "entry": 1, "topic": "社会保障"},
    {"question": "灵活就业人员怎么缴养老保险？", "entry": 2, "topic": "社会保障"},
    {"question": "失业金怎么申领？", "entry": 3, "topic": "社会保障"},
    {"question": "身份证到期了怎么换？", "entry": 4, "topic": "户籍证件"},
    {"question": "孩子出生后怎么上户口？", "entry": 5, "topic": "户籍证件"},
    {"question": "居住证怎么办？", "entry": 6, "topic": "户籍证件"},
    {"question": "老旧小区加装电梯有补贴吗？", "entry": 7, "topic": "住房物业"},
    {"question": "公租房怎么申请？", "entry": 8, "topic": "住房物业"},
    {"question": "夜里工地施工太吵找谁管？", "entry": 9, "topic": "城市管理"},
    {"question": "异地就医怎么备案？", "entry": 10, "topic": "医疗保障"},
    {"question": "开一家小店要办哪些手续？", "entry": 11, "topic": "开办企业"},
    {"question": "转学需要什么条件？", "entry": 12, "topic": "教育入学"},
]

# a table as the server keeps it; the markup in it must stay words
FEES = (
    "| 情形 | 工本费 | 缴费方式 | 受理窗口 |\n"
    "| 首次补领 | <b>免费</b> | — | 任一服务网点 |\n"
    "| 再次补领、损坏换领 | 15元/张 | 窗口扫码或者现金，上门服务拨打0999-6210333预约 | 市政务服务中心二楼B区12至15号窗口 |"
)

GUIDE = {
    "entry": 30,
    "title": "社会保障卡补领、换领",
    "code": "AL-RS-003",
    "department": "安澜市人力资源和社会保障局",
    "conditions": "在安澜市参加社会保险，社会保障卡遗失、损坏或到期的人员。",
    "materials": [
        {"name": "有效身份证件", "copies": "原件1份", "requirement": "在有效期内", "source": "公安机关核发"},
        {"name": "原社会保障卡", "copies": "1张", "requirement": "损坏、到期换领时提供，遗失的不需要", "source": "申请人自备"},
        {"name": "委托书及受托人身份证件", "copies": "各1份", "requirement": "委托他人代办时提供", "source": "申请人自备"},
    ],
    "steps": [
        "口头或线上挂失：拨打0999-6210333，或在“安澜通”办理。",
        "到任一社保卡服务网点提交材料。",
        "现场制卡，当场领取并激活。",
    ],
    "places": [
        "安澜市政务服务中心二楼B区12至15号窗口（望湖区云帆大道188号）",
        "临江区政务服务中心一楼综合窗口（临江区沿江大道211号）",
    ],
    "time_limit": "即时办结",
    "fee": FEES,
    "online": "“安澜通”—社保服务—社保卡补换 https://example.invalid/sbk",
    "phone": "0999-6210333",
    "basis": ["《社会保障卡管理办法》第十二条", "《安澜市社会保障卡服务规范》第八条"],
    "tips": "补卡后旧卡的金融账户须到银行另行办理转移。",
    "windows": [
        {"hall": 5, "hall_name": "安澜市政务服务中心", "floor": 2, "place": "B12—B15窗口",
         "region_name": "安澜市"},
    ],
}

DEPARTMENT = {
    "name": "安澜市人力资源和社会保障局",
    "phone": "0999-6210333",
    "address": "安澜市望湖区安宁路66号",
    "hours": "工作日9:00—12:00、13:30—17:30",
}

CONTACT = {"hotline": "12345", "hours": "24小时", "department": None}

RULE_TITLE = "安澜市建筑施工噪声管理规定"
RULE_NUMBER = "安政发〔2024〕12号"
CHAPTERS = ["第一章 总则", "第二章 夜间施工", "第三章 法律责任"]
NUMERALS = "一二三四五六七八九"
CLAUSES_PER_CHAPTER = 40


def numeral(n):
    if n < 10:
        return NUMERALS[n - 1]
    tens, ones = divmod(n, 10)
    if n < 100:
        head = "" if tens == 1 else NUMERALS[tens - 1]
        return head + "十" + (NUMERALS[ones - 1] if ones else "")
    rest = n - 100
    tail = "" if rest == 0 else ("零" + NUMERALS[rest - 1] if rest < 10 else
                                 NUMERALS[rest // 10 - 1] + "十" + (NUMERALS[rest % 10 - 1] if rest % 10 else ""))
    return "一百" + tail


def rule_clauses():
    clauses = []
    for n in range(1, CLAUSES_PER_CHAPTER * len(CHAPTERS) + 1):
        text = f"第{numeral(n)}条　施工单位应当按照本规定第{numeral(n)}项要求采取降噪措施，并向周边居民公告。"
        if n == 45:
            text = (
                "第四十五条　在噪声敏感建筑物集中区域，夜间二十二时至次日六时禁止进行产生噪声的建筑施工作业，"
                "但抢修、抢险施工作业，因生产工艺要求或者其他特殊需要必须连续施工作业的除外。\n"
                "因特殊需要必须连续施工作业的，应当取得住房城乡建设、生态环境主管部门或者城市管理部门的证明，"
                "并在施工现场显著位置公示。"
            )
        clauses.append(
            {
                "id": 4000 + n,
                "label": f"第{numeral(n)}条",
                "path": CHAPTERS[(n - 1) // CLAUSES_PER_CHAPTER],
                "text": text,
            }
        )
    return clauses


CLAUSES = rule_clauses()


def rule_entry(entry, status):
    old = status == "superseded"
    return {
        "id": entry,
        "kind": "policy",
        "title": RULE_TITLE + ("（2016年）" if old else ""),
        "number": "安政发〔2016〕3号" if old else RULE_NUMBER,
        "issuer": "安澜市人民政府",
        "region": "990100",
        "region_name": "安澜市",
        "department": "安澜市城市管理局",
        "issued_on": "2016-02-01" if old else "2024-03-20",
        "effective_on": "2016-03-01" if old else "2024-04-01",
        "expires_on": None,
        "status": status,
        "superseded_by": {"entry": 40, "title": RULE_TITLE} if old else None,
        "versions": [
            {"entry": 40, "title": RULE_TITLE, "effective_on": "2024-04-01", "status": "current"},
            {"entry": 39, "title": RULE_TITLE + "（2016年）", "effective_on": "2016-03-01", "status": "superseded"},
        ],
        "clause_count": len(CLAUSES),
        "toc": [{"clause": c["id"], "label": c["label"], "heading": c["path"]} for c in CLAUSES],
        "guide": None,
    }


ENTRIES = {
    40: rule_entry(40, "current"),
    39: rule_entry(39, "superseded"),
    30: {
        "id": 30,
        "kind": "guide",
        "title": GUIDE["title"],
        "number": "",
        "code": GUIDE["code"],
        "issuer": GUIDE["department"],
        "region": "990100",
        "region_name": "安澜市",
        "department": GUIDE["department"],
        "issued_on": "2025-01-06",
        "effective_on": "2025-01-06",
        "expires_on": None,
        "status": "current",
        "superseded_by": None,
        "versions": [],
        "clause_count": 2,
        "toc": [
            {"clause": 3001, "label": "办理条件", "heading": ""},
            {"clause": 3002, "label": "收费标准", "heading": ""},
        ],
        "guide": GUIDE,
    },
}
ENTRY_CLAUSES = {
    40: CLAUSES,
    39: CLAUSES,
    30: [
        {"id": 3001, "label": "办理条件", "path": "", "text": GUIDE["conditions"]},
        {"id": 3002, "label": "收费标准", "path": "", "text": FEES},
    ],
}


def source(n, clause, words, **more):
    text = clause["text"]
    marks = [[text.index(word), len(word)] for word in words if word in text]
    result = {
        "n": n,
        "entry": 40,
        "clause": clause["id"],
        "title": RULE_TITLE,
        "number": RULE_NUMBER,
        "label": clause["label"],
        "date": "2024-04-01",
        "issuer": "安澜市人民政府",
        "region": "安澜市",
        "status": "current",
        "text": text,
        "marks": marks,
    }
    result.update(more)
    return result


def answer(kind, text, **more):
    result = {
        "kind": kind,
        "answer": text,
        "sources": [],
        "confidence": 0.9,
        "valid_on": "2026-11-22",
        "options": [],
        "guide": None,
        "contact": None,
        "label": LABEL,
    }
    result.update(more)
    return result


def reviewed():
    clause = ENTRY_CLAUSES[30][0]
    return answer(
        "reviewed",
        "可以补办，当场就能拿到新卡。\n"
        "1. 先挂失：拨打0999-6210333，或在“安澜通”里点“社保卡挂失”。\n"
        "2. 带身份证到任一社保卡服务网点申请补卡，首次补领免费。\n"
        "3. 新卡当场制作、当场激活，旧卡同时作废。",
        matched_question="社会保障卡遗失后如何补领？",
        sources=[
            source(
                1, clause, ["社会保障卡遗失"], entry=30, title=GUIDE["title"], number="AL-RS-003",
                label="办理条件", date="2025-01-06", issuer=GUIDE["department"],
            )
        ],
        guide=GUIDE,
        contact={"hotline": "12345", "hours": "24小时", "department": DEPARTMENT},
    )


def quoted():
    main = CLAUSES[44]
    return answer(
        "quoted",
        f"《{RULE_TITLE}》（{RULE_NUMBER}）{main['label']}：\n{main['text']}",
        sources=[
            source(1, main, ["夜间二十二时至次日六时", "禁止"]),
            source(2, CLAUSES[43], ["降噪措施"]),
            source(3, CLAUSES[80], ["公告"]),
            source(
                4, CLAUSES[20], ["降噪措施"], entry=39, title=RULE_TITLE + "（2016年）",
                number="安政发〔2016〕3号", status="superseded", date="2016-03-01",
            ),
        ],
        contact=CONTACT,
    )


def clarify():
    return answer(
        "clarify",
        "各区补贴标准不同，请问您的房子在哪个区？",
        options=[{"label": r["name"], "region": r["code"]} for r in REGIONS[1:6]],
    )


def subsidy(region):
    name = next(r["name"] for r in REGIONS if r["code"] == region)
    return answer("reviewed", f"{name}老旧小区加装电梯，每台补贴25万元。", contact=CONTACT)


def refused():
    return answer(
        "refused",
        "现有的已审核资料里没有能够回答这个问题的依据。您可以换个说法再问，或者拨打12345由话务员为您查询。",
        confidence=0.1,
        options=[
            {"label": "社保卡丢了怎么补办？", "question": "社保卡丢了怎么补办？"},
            {"label": "居住证怎么办？", "question": "居住证怎么办？"},
        ],
        contact=CONTACT,
    )


def materials():
    return answer(
        "reviewed",
        "需要本人有效身份证件原件；委托他人代办的，另带委托书和受托人身份证件。",
        question_as_understood="补办社保卡需要什么材料？",
        contact=CONTACT,
    )


def fees():
    clause = ENTRY_CLAUSES[30][1]
    return answer(
        "quoted",
        f"《{GUIDE['title']}》收费标准：\n{FEES}",
        question_as_understood="社保卡丢了怎么补办？；多少钱",
        sources=[
            source(
                1, clause, ["工本费"], entry=30, kind="guide", title=GUIDE["title"], number="AL-RS-003",
                date="2025-01-06", issuer=GUIDE["department"],
            )
        ],
        guide=GUIDE,
    )


def notice():
    return answer(
        "notice",
        NOTICE["text"],
        confidence=1,
        options=[{"label": "仍按原问题查询", "question": "停水", "skip_notice": True}],
        contact=CONTACT,
    )


def scanned():
    return answer(
        "quoted",
        "第二条 本办法所称房屋租赁，是指出租人将房屋出租给承租人。",
        sources=[source(1, CLAUSES[1], [], page=3, ocr_confidence=93)],
    )


def reply_to(question, region, follows):
    """The scripted answer to a question."""
    if "停水" in question:
        return notice()
    if "扫描" in question:
        return scanned()
    if follows and "材料" in question:
        return materials()
    if follows and "多少钱" in question:
        return fees()
    if "社保卡" in question:
        return reviewed()
    if "施工" in question:
        return quoted()
    if "电梯" in question:
        return subsidy(region) if region and region != SITE["region"] else clarify()
    return refused()
