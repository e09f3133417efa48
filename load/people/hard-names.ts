/** Names, and other texts, that break software. */

export const hardNames: readonly string[] = [
  // Apostrophes, hyphens, dots, lower case, one letter, one word
  "Siobhán O'Brien",
  "Gianni D’Angelo",
  "N'Golo Kanté",
  "Anne-Marie Müller-Lüdenscheidt",
  "ludwig van beethoven",
  "J. R. R. Tolkien",
  "Martin Luther King, Jr.",
  "O",
  "Y Lan",
  "Sukarno",
  // Words that programs take for something else
  "Jennifer Null",
  "Test True",
  "=1+1",
  "+49 Ray",
  "Robert'); DROP TABLE Students;--",
  "<b>Bold</b> & Sons",
  '{"json":true}',
  // Letters that change their length or their place with their case
  "İpek Yılmaz",
  "Günther Großmann",
  "Ǆemal Ǆumhur",
  "ﬁona Graﬁn",
  // Combining marks: as one character, as two, and more than one on a letter
  "Zoë Lefèvre",
  "Zoe\u0308 Lefe\u0300vre",
  "Nguyễn Thị Ngọc Ánh",
  "Nguye\u0302\u0303n Thi\u0323 Hoa",
  "Łukasz Żółć",
  // Other scripts, from right to left, and with more than one script in a name
  "Μαρία Παπαδοπούλου",
  "Ольга Иванова",
  "Արամ Խաչատրյան",
  "გიორგი მაისურაძე",
  "שרה כהן",
  "محمد عبد الرحمن",
  "ޢާއިޝަތު ޝިފާ",
  "राम बहादुर थापा",
  "தமிழ்ச்செல்வி",
  "สมชาย ศรีสุข",
  "さくら",
  "김민준",
  "李娜",
  "Noa נועה Levi",
  // Beyond the Basic Multilingual Plane
  "𠮷野家",
  "𝔐𝔞𝔱𝔥 𝔉𝔞𝔫",
  "👩‍💻 Kim",
  // Long
  "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine, Sr.",
  "Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios Cipriano de la Santísima Trinidad Ruiz y Picasso",
];

export const hardTexts: readonly string[] = [
  "none",
  "several\nlines and\ta tab",
  "“quotes” & <b>markup</b>",
  '{"json":true}',
  "\u2028 line separators \u2029",
  "🎟️".repeat(20),
  "0",
];
