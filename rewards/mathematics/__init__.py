"""The mathematics reward: is the answer in the box equal to the gold?"""
