/** What is changed in the fixture of names, as options of plan and apply. */
export const changes = ['-var=green_weight=50', '-var=retention=30', '-var=threshold=90.5']
