"""Counting: the words of a plain question on how many there are, or whether there is one."""

from tasks.language.words.names import word_set

WORDS_OF_COUNTING = word_set(
    "is are there a an any the can you see seen be do does visible present shown appear appears "
    "show shows contain contains how many number what total count it this that all have been find "
    "found spot exist exists one some here s was were could would altogether different individual "
    "depicted pictured include includes feature features of in whole overall there's we i tell me "
    "please exact exactly counted to"
)
"""A question with any other word may ask for only some of the things."""
