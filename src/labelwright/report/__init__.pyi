from .html import render as render
from .markdown import to_markdown as to_markdown
from .review import review_page as review_page
from .sharing import shared as shared
from .writing import write_report as write_report
