"""Which lines of a government page are furniture: menus, breadcrumbs, buttons, counters, footers.

Everything here looks at one line (or its neighbours) and is strict: a line counts as furniture only when all of it is,
so that a sentence of the letter that speaks of 微信 or 备案 stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from nlp.documents.html_lines import Line

_COUNTER = r"(?:(?:网站|本站|总)?(?:浏览|阅读|访问|点击|查看)(?:次数|人数|量|数)?|人气)\d{0,12}次?"
_BUTTON = (
    rf"(?:{_COUNTER}"
    r"|(?:我要)?(?:打印|关闭|收藏|分享|转发|纠错|点赞|下载)(?:本(?:页面?|文|网页|窗口|站)|此(?:页|文)|文章|正文|页面|窗口|全文|预览)?"
    r"|加入收藏|设为首页|(?:推荐给|告诉)好友|复制链接|(?:发表|我要)评论|返回(?:首页|顶部|列表|上[一]?页|目录)?|顶部|更多|详细|查看详情"
    r"|分享[到至]|朋友圈|微信(?:好友)?|(?:新浪|腾讯)?微博|QQ(?:空间|好友)?|人人网|豆瓣|二维码"
    r"|(?:显示)?字[体号](?:大小|显示)?|[大中小]号?|超大|特大|放大|缩小|默认|正常|恢复|A[+-]?|T[+-]?"
    r"|繁[体體](?:中文|[版字])?|简体(?:中文|[版字])?|English|无障碍(?:阅读|浏览|模式|版)?|长者(?:模式|助手|专区|版)|适老化?|关怀版"
    r"|智能问答|智能机器人|登[录陆]|注册|站内搜索|高级搜索|全文检索|搜索|检索|请输入关键[字词]|语音播报|朗读|听全文|导出"
    r"|首页|上一页|下一页|尾页|末页|共\d{1,6}[条页]|第\d{1,6}页|公告|联系我们|关于我们|网站地图|(?:网站|隐私|免责)(?:声明|政策))"
)
_BUTTONS = re.compile(rf"(?:{_BUTTON})+", re.I)
_MARKS = re.compile(r"[\s\u3000|｜┆丨/\\·•\[\]【】［］〔〕{}<>＜＞《》«»()（）,，、:：;；*＊_=～~—–.．。↑→←↓×\-]+")
# A line of such words is a button where it has a link or one of these; 微信 or 正常 alone may be a cell of the letter.
_SURELY_BUTTON = re.compile(
    r"打印|关闭|分享|字[体號号]|浏览|阅读|访问|点击|查看|返回|收藏|首页|无障碍|A\+|登[录陆]|搜索|检索|共\d+[条页]|纠错",
    re.I,
)
_SCAN = re.compile(
    r"(?:微信)?扫一扫|扫描?(?:下方|右侧|上方)?(?:二维)?码(?:关注|分享|阅读|查看|打开|下载|在)|用?手机(?:扫|打开)|您的浏览器|您是第\d*位"
)
_EDITOR = re.compile(r"(?:责任编辑|网络编辑|责编|文章录入|信息录入)(?:人员|人)?[:：]")
_WEATHER = re.compile(r"(?:今天是)?\d{4}年\d{1,2}月\d{1,2}日.{0,10}星期[一二三四五六日天]")
# What stands among 发布日期：… 来源：… under a title and is no word of them.
_NO_DATE = r"\[?(?!\d{4}[年/.-])\d[\d.,]{0,11}(?: \d{3})*(?![\d:])万?\]?"
_COUNTED = (
    r"(?<![\u4e00-\u9fff])[【\[]?(?:浏览|阅读|访问|点击|查看)"
    rf"(?:(?:次数|人数|量|数)[】\]]?[:：]?(?:\s*{_NO_DATE})?|[】\]]?[:：]?\s*{_NO_DATE})\s*次?"
)
_FONT_SIZE = (
    r"[【\[(（]?(?<![\u4e00-\u9fff])字[体号](?:大小|显示|选择|调整|设置)*[:：]?[\s\[【(（]*"
    r"(?:[大中小特超]|A[+-])(?![\u4e00-\u9fff]{2})[\s\[\]【】()（）大中小超特号A+\-]*"
)
_COUNTERS = re.compile(f"{_COUNTED}|{_FONT_SIZE}")
_OF_PUBLICATION = re.compile(r"日期|时间|来源|作者|文号|字号|\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}")

_PATH = re.compile(
    r"[【\[]?(?:(?:您|你)?(?:现在|当前|目前)?(?:所在)?的?(?:所在)?位置(?:是?[:：]|$|首页|[>＞»›])|(?:您|你)现在(?:位于|在)"
    r"|首页(?:[>＞»›→/\\]|-+>))"
)
_ARROW = re.compile(r"[>＞»›→]")
_AFTER_HEADING = re.compile(
    r"(?:相关(?:链接|文档|信息|新闻|阅读|文章|稿件|推荐|内容|政策)|热门(?:推荐|文章|新闻|信息|标签|搜索)|热点(?:专题|新闻|信息|推荐|关注|文章)"
    r"|点击排行榜?|排行榜|最新(?:更新|文章|信息|动态|新闻|公开)|推荐(?:阅读|文章|信息|新闻)|猜你喜欢|友情链接|延伸阅读|专题专栏|栏目导航|快速导航"
    r"|信息公开目录|网友评论|发表评论|我要评论|文章评论)(?:more|更多)?"
)
_NEIGHBOUR = re.compile(r"[【\[]?[上下]一?[篇条](?:文章|信息|新闻)?[】\]]?(?:[:：\s]|没有|无|$)")
_FOOTER = re.compile(
    r"^版权所有|版权所有\s*[:：©]|\s版权所有|^版权声明|Copyright|All\s*Rights\s*Reserved|[©Ⓒ]"
    r"|网站标识码[:：]?\s*\w{6}|公网安备\s*\d{6}|ICP备\s*\d{6}|ICP备案(?:编?号)?\s*[:：]|^ICP备"
    r"|(?:^|\s)技术支持[:：]|^(?:主办|(?:网站)?(?:主管|协办))(?:单位)?[:：]|最佳.{0,8}分辨率|\d{3,4}\s*[*×xX]\s*\d{3,4}.{0,6}(?:分辨率|浏览)",
    re.I,
)
_HOST = re.compile(r"(?:主办|主管|协办)(?:单位)?[:：]")
_SENTENCE = re.compile(r"[。！？；!?;]")
_LINK_REST = re.compile(r"[\W\d_年月日NEWnew]*")
_ATTACHMENT = re.compile(r"(?:相关)?附件")
_TWO_BLANKS = re.compile(r"[ \u3000]{2,}")
_EDGES = " \t\u3000|｜"
_LONGEST = 300
_CONTAINER = re.compile(
    r"(?:^|\s)(?:(?:page|site|web|top|main|bd)[-_]?)?(?:foot(?:er)?|copyright|nav(?:bar|igation)?|menu|crumbs?|breadcrumbs?|sidebar"
    r"|related|share|hot|toolbar|pager|friendlinks?|qrcode)\d{0,2}(?:$|\s)",
    re.I,
)


def compact(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def is_button(line: Line) -> bool:
    """Whether a line is buttons, counters, a QR code's caption or the like: it goes wherever it stands."""
    text = compact(line.text)
    if len(text) > _LONGEST or _SENTENCE.search(text):
        return False
    if _EDITOR.match(text.lstrip("【[(（")) or (_SCAN.match(text) and len(text) <= 40):
        return True
    if line.row and not line.links:  # figures of a letter may stand under 微信 and 微博
        return False
    words = _MARKS.sub("", text)
    if not words:
        return line.links > 0
    return _BUTTONS.fullmatch(words) is not None and (line.links > 0 or _SURELY_BUTTON.search(words) is not None)


def is_path(line: Line) -> bool:
    """Whether a line says where in the site the page stands."""
    text = compact(line.text)
    if len(text) > _LONGEST or "。" in text or "，" in text:
        return False
    return _PATH.match(text) is not None or (line.links >= 1 and len(_ARROW.findall(text)) >= 2)


def ends_letter(line: Line) -> bool:
    """Whether what follows a line is no longer the letter: other articles, comments, the footer."""
    text = compact(line.text)
    if len(text) > _LONGEST or "，" in text or _SENTENCE.search(text):
        return False
    if _AFTER_HEADING.fullmatch(_MARKS.sub("", text)) or _NEIGHBOUR.match(line.text):
        return True
    return _FOOTER.search(line.text) is not None and not line.row


def may_be_fact(line: Line) -> bool:
    """Whether a line that ends a letter below it may be one of its facts inside it: 主办单位：…"""
    return _HOST.match(compact(line.text)) is not None


def is_date_of_today(line: Line) -> bool:
    """Whether a line is the date and the weather at the head of a site."""
    return _WEATHER.match(compact(line.text)) is not None


def without_counters(text: str) -> str:
    """The line of 发布日期：… 来源：… without its counter and its font sizes; any other line as it is."""
    if len(text) > _LONGEST or _SENTENCE.search(text) or not _OF_PUBLICATION.search(text):
        return text
    shorter, found = _COUNTERS.subn("", text)
    return _TWO_BLANKS.sub(" ", shorter).strip(_EDGES) if found else text


def link_lists(lines: Sequence[Line], *, least: int) -> list[bool]:
    """Of each line, whether it belongs to a menu or a list of `least` links with no text between.

    Files to download and what follows 附件 are no such list.
    """
    marked = [False] * len(lines)
    run: list[int] = []
    after_attachment = False
    for index, line in enumerate([*lines, None]):
        if line is not None and _is_links(line) and not after_attachment:
            run.append(index)
            continue
        if sum(lines[i].links for i in run) >= least:
            for i in run:
                marked[i] = True
        run = []
        if line is not None:
            after_attachment = _ATTACHMENT.match(compact(line.text)) is not None or (
                after_attachment and _is_links(line)
            )
    return marked


def _is_links(line: Line) -> bool:
    if not line.links or line.file or _SENTENCE.search(line.text) or _ATTACHMENT.match(compact(line.text)):
        return False
    return len(line.unlinked) <= 24 and _LINK_REST.fullmatch(line.unlinked) is not None


def says_furniture(element: etree._Element) -> bool:
    """Whether an element says by its tag, id or class that it holds furniture."""
    if element.tag in ("nav", "footer", "aside"):
        return True
    return any(_CONTAINER.search(element.get(name, "")) is not None for name in ("id", "class"))
