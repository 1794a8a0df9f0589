"""Services as files: one folder each, with its law, its rule and its texts in fi, sv and en."""
