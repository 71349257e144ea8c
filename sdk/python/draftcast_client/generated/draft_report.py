from .base_model import BaseModel
from .fragments import Report


class DraftReport(BaseModel):
    draft_report: "DraftReportDraftReport"


DraftReportDraftReport = Report
DraftReport.model_rebuild()
