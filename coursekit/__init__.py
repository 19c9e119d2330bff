"""ML for Audio Processing: the package behind the lectures and the homework.

Lower modules never import upper ones::

    arrays  fourier  masks  metrics  audio    the ground
    rooms  music  data  plots  listen
    training  evidence                        models fitted, tables over seeds
    <topic>                                   one package per topic of the syllabus
    demos                                     what a class moves, named as its lectures
    homework                                  what students check their work with
    grading                                   the instructors' side
"""
