"""ML for Audio Processing: the package behind the lectures and the homework.

Lower modules never import upper ones::

    fourier  metrics  audio  music  data      the ground
    listen  plots  demos                      what a class hears, sees and moves
    <topic>                                   one package per topic of the syllabus
    homework                                  what students check their work with
    grading                                   the instructors' side
"""
