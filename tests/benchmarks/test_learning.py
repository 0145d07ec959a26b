from benchmarks import learning


def test_the_document_tells_what_the_results_say() -> None:
    _, rest = learning.DOCUMENT.read_text().split(learning.BEGIN)
    tables, _ = rest.split(learning.END)
    assert tables.strip() == learning.render().strip()
