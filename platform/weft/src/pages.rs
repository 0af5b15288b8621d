//! The pages of the error codes, within the binary.

use weft_model::Code;

/// The page of a code, as Markdown. Every code has one.
pub fn page(code: Code) -> Option<&'static str> {
    PAGES.iter().find(|(of, _)| *of == code.as_str()).map(|(_, text)| *text)
}

macro_rules! pages {
    ($($code:literal)+) => {
        &[$(($code, include_str!(concat!("../../docs/errors/", $code, ".md")))),+]
    };
}

const PAGES: &[(&str, &str)] = pages! {
    "W0101" "W0102" "W0103" "W0104" "W0105" "W0106" "W0107" "W0108" "W0109" "W0110" "W0111" "W0112" "W0113" "W0114" "W0115"
    "W0116" "W0117"
    "W0201" "W0202" "W0203" "W0204" "W0205" "W0206" "W0207" "W0208" "W0209" "W0210" "W0211" "W0212" "W0213" "W0214" "W0215"
    "W0216" "W0217"
    "W0301" "W0302" "W0303" "W0304" "W0305" "W0306" "W0307" "W0308" "W0309" "W0310" "W0311" "W0312"
    "W0320" "W0321" "W0322" "W0330" "W0331"
    "W0401" "W0402" "W0403" "W0404" "W0405" "W0406" "W0407" "W0408" "W0409" "W0410" "W0411" "W0412" "W0413" "W0414" "W0415"
    "W0416" "W0417" "W0418" "W0419" "W0420" "W0421" "W0422" "W0423" "W0424" "W0425" "W0426" "W0427" "W0428" "W0429" "W0430"
    "W0431" "W0432" "W0433" "W0434" "W0435" "W0436" "W0437" "W0438" "W0439" "W0440" "W0441" "W0442" "W0443" "W0444"
    "W0450" "W0451" "W0452" "W0453" "W0454" "W0455" "W0456" "W0457" "W0458" "W0460" "W0461" "W0462" "W0463" "W0464"
    "W0501" "W0502" "W0503" "W0504" "W0505" "W0510" "W0511" "W0512" "W0513" "W0514" "W0515" "W0516"
    "W0520" "W0521" "W0522" "W0530" "W0531"
    "W0601" "W0602" "W0603" "W0604" "W0605"
    "W0701" "W0702" "W0703" "W0704" "W0705" "W0706"
    "W0801" "W0802" "W0803" "W0804" "W0805" "W0806"
    "W0901" "W0902" "W0903" "W0904" "W0905" "W0906" "W0907" "W0908" "W0909" "W0910" "W0911" "W0912" "W0913" "W0950"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let pages: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
        assert_eq!(pages, codes, "in order");
        let mut files: Vec<String> = std::fs::read_dir("../docs/errors")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let expected: Vec<String> = codes.iter().map(|code| format!("{code}.md")).collect();
        assert_eq!(files, expected);
    }

    #[test]
    fn every_page_has_a_title_an_example_and_a_way_out() {
        for (code, text) in PAGES {
            assert!(text.starts_with(&format!("# {code}: ")), "{code}: title");
            assert!(text.contains("\n## Example\n"), "{code}: example");
            assert!(text.contains("\n## How to fix it\n"), "{code}: way out");
            let lines = text.lines().count();
            assert!((10..=30).contains(&lines), "{code}: {lines} lines");
        }
    }
}
