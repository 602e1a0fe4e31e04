"""Reading workbooks that nobody vouches for: .xlsx, .xls, .et, .ods and .csv into plain grids.

``reading.read_workbook`` is the one entrance. The file is opened in a child process with limits on memory and time;
what comes back are plain values. Nothing in the modules that the child imports may import Django.
"""
