// The commonest reasons why a letter has no result, for readers of Chinese; all others are shown as the program says them.

import { currentLanguage } from "./words.js";

// What a reason begins with, what it means, and what mends it.
const REASONS = [
  ["is empty", "文件是空的", "把信存进去再添加"],
  ["has no text in it", "里面没有文字", "换一份有文字的文件"],
  ["is a scan, pictures of pages without text", "是扫描件，只有图片，没有文字", "先做文字识别（OCR），或用 Word 原件"],
  ["is locked with a password", "有密码保护", "去掉密码，另存后再添加"],
  ["is damaged or cut off", "文件损坏或不完整", "重新下载或另存后再添加"],
  ["is no text in an encoding that can be told", "认不出文字编码", "另存为 UTF-8 文本"],
  ["is larger than", "文件过大", "拆成几份，或请管理员放宽限制"],
  ["is an archive, not a letter", "是压缩包，不是信件", "先解压，再添加里面的信件"],
];

/** The reason and the mend in Chinese, or null where the reader reads English or there are none. */
export function glossOf(reason) {
  if (currentLanguage() !== "zh") return null;
  const found = REASONS.find(([begin]) => reason.startsWith(begin));
  return found === undefined ? null : { reason: found[1], mend: found[2] };
}
