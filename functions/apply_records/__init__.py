"""Apply: bring Operoo in step with every selected record, people first, then the groups that hold them."""
