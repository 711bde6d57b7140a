// What the program says most often, for readers of Chinese; all else is shown as the program says it.
//
// Each entry is how a message begins, what stands in it further on (or ""), what it means, and what mends it. `{}` in the
// meaning is what stands between the two in the message. A test holds the words to those of the program.

import { currentLanguage } from "./words.js";

// Why a letter has no result.
const REASONS = [
  ["is empty", "", "文件是空的", "把信存进去再添加"],
  ["has no text in it", "", "里面没有文字", "换一份有文字的文件"],
  ["is a scan, pictures of pages without text", "", "是扫描件，只有图片，没有文字", "先做文字识别（OCR），或用 Word 原件"],
  ["is locked with a password", "", "有密码保护", "去掉密码，另存后再添加"],
  ["is damaged or cut off", "", "文件损坏或不完整", "重新下载或另存后再添加"],
  ["is no text in an encoding that can be told", "", "认不出文字编码", "另存为 UTF-8 文本"],
  ["is larger than", "", "文件过大", "拆成几份，或请管理员放宽限制"],
  ["is an archive, not a letter", "", "是压缩包，不是信件", "先解压，再添加里面的信件"],
];

// Why a request is refused.
const REFUSALS = [
  ["the token is missing or wrong", "", "口令不对或已失效", "用启动时显示的链接重新打开"],
  ["the server is not called by this name", "", "不能用这个地址访问服务", "用启动时显示的地址打开"],
  ["pages of other sites may not ask this server", "", "其他网站的页面不能使用本服务", "直接打开本服务的页面"],
  ["the upload is larger than", "", "这次上传太大", "分几次添加"],
  ["the request is larger than", "", "内容太大", "存成文件再添加"],
  ["holds more than ", " file", "文件太多", "分几次添加"],
  ["was sent too slowly", "", "上传太慢，已中断", "分几次添加"],
  ["nothing was sent for too long", "", "上传中断", "再试一次"],
  ["there is no such batch", "", "这一批已不在服务器上", "重新添加"],
  ["the batch was removed", "", "这一批已删除", "重新添加"],
  ["the batch is not finished", "", "这一批还没有标注完", "等完成后再下载"],
  ["the report would be over ", "", "汇总网页太大", "下载“网页（zip）”，或分批添加"],
  ["there are no letters for a report", "", "没有标注成功的信件，做不出汇总网页", "看看失败的原因"],
  ["an earlier correction of this letter is saved", "", "这封信已保存过更正", "先载入那一份，或用这一份覆盖"],
  ["there is another letter of this name", "", "金标文件夹里有同名的另一封信", "给信件改名，或移走那一封"],
  ["there is no folder for corrected letters", "", "没有设定保存更正的文件夹", "用 --gold 启动服务"],
  ["cannot be saved: ", "", "存不进金标文件夹", "检查这个文件夹能否写入"],
  ["cannot be written: ", "", "写不了文件", "检查磁盘空间"],
  ["the engine is down", "", "标注程序停了", "稍后再试"],
  ["the engine went down", "", "标注程序中途停了", "稍后再试"],
  ["too many letters are waiting", "", "服务正忙", "稍后再试"],
  ["internal fault", "", "服务内部出错", "再试一次；若还是这样，请告诉管理员"],
];

// What the check of gold says of a correction.
const WARNINGS = [
  ["the measure ", " does not start where a clause does", "措施“{}”不是从分句开头开始", "从逗号、冒号、句号或序号之后开始"],
  ["the measure ", " does not end where a clause does", "措施“{}”不是到分句末尾为止", "到分句的标点之前为止"],
  ["the measure ", " runs over a sentence end", "措施“{}”跨过了句子", "在句号或分号处断开，分成两处"],
  ["the measure ", " continues the one before it", "措施“{}”与前一处相连，类别和状态也相同", "合成一处"],
  ["the metric ", " is over three sentences away", "指标“{}”的数值离它超过三句", "选近一些的指标"],
  ["the period ", " stands beyond the heading", "时期“{}”的数值在另一个标题之下", "选本节里的时期，或不选"],
  ["the grammar reads ", ", the gold says", "数值“{}”与填写的数不一致", "核对填写的数"],
  ["", " is money with the unit", "金额“{}”的单位不是货币单位", "改类型或单位"],
  ["the grammar finds other borders than ", ": ", "数值 {} 的起止和规则找到的不同", "只选数字、概数词和单位"],
  ["", " is no claim to the grammar", "规则认为“{}”不是要标的数值", "核对后可删除这处标注"],
];

/** The reason of a failure and its mend in Chinese, or null where the reader reads English or there are none. */
export function glossOf(reason) {
  return lookUp(REASONS, reason);
}

/** A refusal of the server in Chinese, with its mend, or null; see `glossOf`. */
export function glossOfRefusal(message) {
  const gloss = lookUp(REFUSALS, message);
  return gloss === null ? null : `${gloss.reason}，${gloss.mend}。`;
}

/** A warning of the check of gold as the reader best understands it. */
export function glossOfWarning(warning) {
  const gloss = lookUp(WARNINGS, warning);
  return gloss === null ? warning : `${gloss.reason}：${gloss.mend}。`;
}

function lookUp(list, message) {
  if (currentLanguage() !== "zh") return null;
  const found = list.find(([begin, later]) => message.startsWith(begin) && message.includes(later, begin.length));
  if (found === undefined) return null;
  const [begin, later, reason, mend] = found;
  const between = message.slice(begin.length, message.indexOf(later, begin.length));
  return { reason: reason.replace("{}", () => between.split(/ of | as /)[0]), mend };
}
