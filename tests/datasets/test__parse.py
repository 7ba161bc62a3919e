"""Each parser on a raw file of a few rows in the form of the public one."""

import json

from labelwright.datasets._parse import PARSERS
from labelwright.datasets._registry import entries


def rows(tables):
    return {name: table.rows() for name, table in tables.items()}


def test_every_set_that_can_be_downloaded_has_a_parser():
    wanted = {e.name for e in entries().values() if not e.no_parse and not e.packaged}
    assert wanted == set(PARSERS)


def test_one_campaign():
    raw = {"x/label.csv": b"item,worker,label\n5,2,1\n4,0,0\n", "x/truth.csv": b"item,truth\n5,1\n"}
    assert rows(PARSERS["bluebird"](raw)) == {"votes": [(5, 2, 1), (4, 0, 0)], "gold": [(5, 1)]}


def test_two_campaigns_are_kept_apart():
    label, truth = b"item,worker,label\n%d,2,1\n", b"item,truth\n%d,1\n"
    raw = {f"x/{name}/label.csv": label % i for i, name in enumerate(["SP", "SP_amt"])}
    raw |= {f"x/{name}/truth.csv": truth % i for i, name in enumerate(["SP", "SP_amt"])}
    assert rows(PARSERS["sentiment_polarity_crowd"](raw)) == {
        "votes": [(0, 2, 1)],
        "gold": [(0, 1)],
        "votes_amt20": [(1, 2, 1)],
        "gold_amt20": [(1, 1)],
    }


def test_two_campaigns_on_the_same_items_share_the_first_gold():
    label, truth = b"item,worker,label\n%d,2,1\n", b"item,truth\n%d,1\n"
    raw = {f"x/{name}/label.csv": label % i for i, name in enumerate(["CF", "CF_amt"])}
    raw |= {f"x/{name}/truth.csv": truth % i for i, name in enumerate(["CF", "CF_amt"])}
    assert rows(PARSERS["weather_sentiment"](raw)) == {
        "votes_crowdflower": [(0, 2, 1)],
        "votes_mturk": [(1, 2, 1)],
        "gold": [(0, 1)],
    }


def test_snow_rte_numbers_workers_and_joins_texts():
    votes = (
        b"!amt_annotation_ids\t!amt_worker_ids\torig_id\tresponse\tgold\n"
        b"h1\tZOE\t9\t1\t1\nh2\tANN\t9\t0\t1\nh3\tANN\t3\t0\t0\n"
    )
    pairs = (
        b'id\tvalue\ttask\ttext\thypothesis\n9\tTRUE\tCD\tSo "it is.\tIt is.\n3\tFALSE\tIR\tA\tB\n'
    )
    found = rows(PARSERS["snow_rte"]({"RTE/rte.standardized.tsv": votes, "RTE/rte1.tsv": pairs}))
    assert found["votes"] == [(9, 1, 1), (9, 0, 0), (3, 0, 0)]
    assert found["gold"] == [(3, 0), (9, 1)]
    assert found["items"] == [
        (3, "FALSE", "IR", "A", "B"),
        (9, "TRUE", "CD", 'So "it is.', "It is."),
    ]


def test_product_matching_reads_pairs_out_of_the_question():
    raw = {
        "d/answer.csv": b"question,worker,answer\n2_8_1,W9,1\n1_7_0,W1,0\n",
        "d/truth.csv": b"question,truth\n1_7_0,0\n2_8_1,1\n",
        "d/data_product": b"""['id', 'name', 'description', 'price']
[1, 'TV', "It's a TV", '$9']
""",
    }
    assert rows(PARSERS["product_matching"](raw)) == {
        "votes": [(1, 1, 1), (0, 0, 0)],
        "gold": [(0, 0), (1, 1)],
        "items": [(0, 1, 7), (1, 2, 8)],
        "products": [(1, "TV", "It's a TV", "$9")],
    }


def test_lewidi_splits_the_lists_of_votes():
    record = {
        "text": "hi",
        "annotations": "0,1",
        "annotators": "Ann7,Ann12",
        "lang": "en",
        "hard_label": "0",
        "soft_label": {"0": 0.5, "1": 0.5},
        "other_info": {"domain": "d"},
    }
    raw = {
        f"MD_{part}.json": json.dumps({"1": record}).encode() for part in ("train", "dev", "test")
    }
    found = rows(PARSERS["lewidi_md_agreement"](raw))
    assert found["votes"][:3] == [("train-1", 7, "0"), ("train-1", 12, "1"), ("dev-1", 7, "0")]
    soft = '{"0": 0.5, "1": 0.5}'
    assert found["items"][2] == ("test-1", "test", "en", "hi", "0", soft, '{"domain": "d"}')


def test_hate_offensive_masks_names_and_links():
    raw = {
        "data/labeled_data.csv": b",count,hate_speech,offensive_language,neither,class,tweet\n"
        b'0,3,0,1,2,2,"RT @Some_One: see http://t.co/x, ""now"""\n'
    }
    found = rows(PARSERS["hate_offensive_counts"](raw))
    assert found == {"data": [('RT @user: see <url> "now"', 3, 0, 1, 2, 2)]}


def test_pandalm_joins_the_judges_by_pair():
    pair = {"idx": 4, "motivation_app": "s", "cmp_key": "a_b", "instruction": "i", "input": ""}
    pair |= {"response1": True, "response2": "no"} | {f"annotator{i}": i - 1 for i in (1, 2, 3)}
    raw = {
        "data/testset-v1.json": [pair],
        "data/gpt-3.5-turbo-testset-v1.json": [{"idx": 4, "gpt_result": "Tie", "gpt_reason": "g"}],
        "data/pandalm-7b-testset-v1.json": [{"idx": 4, "pandalm_result": 2, "pandalm_reason": "p"}],
    }
    found = rows(PARSERS["pandalm_testset"]({k: json.dumps(v).encode() for k, v in raw.items()}))
    assert found["data"] == [(4, "s", "a_b", "i", "", "true", "no", 0, 1, 2, "Tie", "g", "2", "p")]


def test_llmjudge_lines_up_the_judges():
    raw = {
        "data/llm4eval_dev_qrel_2024.txt": b"q1 0 p1 2\n",
        "data/llmjudge_test_qrel_idx.txt": b"q2 0 p5 3\nq2 0 p6 0\n",
        "data/llm4eval_query_2024.txt": b"q1\tdog age\nq2\ta\tb\n",
        "submissions/scores/B.txt": b"q2 0 p6 1\n",
        "submissions/scores/A.txt": b"q2 0 p6 0\nq2 0 p5 10\n\n",
    }
    found = PARSERS["llmjudge_trec_dl23"](raw)
    assert found["votes_llm"].columns == ["query", "passage", "A", "B"]
    assert rows(found) == {
        "qrels_human": [("dev", "q1", "p1", 2), ("test", "q2", "p5", 3), ("test", "q2", "p6", 0)],
        "votes_llm": [("q2", "p5", 10, None), ("q2", "p6", 0, 1)],
        "queries": [("q1", "dog age"), ("q2", "a\tb")],
    }


def test_one_weak_label_drops_the_stand_in_for_no_gold():
    raw = {
        "trec/train_data.json": [{"text": "who", "label": 2, "major": 2, "len": 1}],
        "trec/unlabeled_data.json": [{"text": "where", "label": 6, "major": -1, "len": 1}],
    }
    found = rows(PARSERS["trec_weak"]({k: json.dumps(v).encode() for k, v in raw.items()}))
    assert found == {"data": [("train", "who", 2, 2), ("unlabeled", "where", None, -1)]}


def test_banking77_reads_quoted_commas():
    raw = {
        f"b/{part}.csv": f'text,category\n"{part}, x",card\n'.encode() for part in ("train", "test")
    }
    found = rows(PARSERS["banking77"](raw))
    assert found == {"data": [("train", "train, x", "card"), ("test", "test, x", "card")]}


def test_trec6_joins_coarse_and_fine():
    raw = {
        "data/TREC.train.all": b"0 What is\xf0it ?\n",
        "data/raw/TREC.train": b"DESC:def What is it ?\n",
        "data/TREC.test.all": b"5 How far ?\n",
        "data/raw/TREC.test": b"NUM:dist How far ?\n",
    }
    found = rows(PARSERS["trec6"](raw))["data"]
    assert found == [
        ("train", "What is\N{REPLACEMENT CHARACTER}it ?", 0, "DESC:def"),
        ("test", "How far ?", 5, "NUM:dist"),
    ]
